import ArgumentParser
import Shell

Ringside.main()

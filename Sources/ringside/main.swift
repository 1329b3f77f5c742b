import ArgumentParser
import Shell

StandardDescriptors.openMissing()
Ringside.main()

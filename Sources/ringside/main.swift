import ArgumentParser
import Shell

StandardDescriptors.openMissing()
Ringside.main(Ringside.joined(Array(CommandLine.arguments.dropFirst())))

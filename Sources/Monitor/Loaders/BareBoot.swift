/// How a bare machine starts an image, and what it gives it beside memory contents.
public struct BareBoot: Sendable, Equatable {
  /// A file for the kernel, with its string as the user wrote it: the name and arguments.
  public struct Module: Sendable, Equatable {
    public var text: String
    public var bytes: [UInt8]

    public init(text: String, bytes: [UInt8]) {
      self.text = text
      self.bytes = bytes
    }
  }

  public enum Start: Sendable, Equatable {
    /// In the image's mode, at its entry.
    case kernel
    /// As a BIOS starts what it read from the first hard disk.
    case bootSector
    /// As a multiboot loader starts a kernel, with the sections of its ELF file if it is one.
    case multiboot(ELFSections?)
    /// At the reset vector.
    case rom
  }

  public var start: Start
  /// `--append`.
  public var arguments: String
  public var modules: [Module]
  /// A ROM image; empty for none.
  public var rom: [UInt8]

  public init(
    start: Start = .kernel, arguments: String = "", modules: [Module] = [], rom: [UInt8] = []
  ) {
    self.start = start
    self.arguments = arguments
    self.modules = modules
    self.rom = rom
  }
}

/// What a user can say about the start on a bare machine.
public struct BareOptions: Sendable, Equatable {
  /// What `LoadOptions` has.
  public var load: LoadOptions
  /// `--append`.
  public var arguments: String
  /// `--module`, each a file name and what else its string shall have.
  public var modules: [String]
  /// `--rom`.
  public var rom: String?

  public init(
    load: LoadOptions = LoadOptions(), arguments: String = "", modules: [String] = [],
    rom: String? = nil
  ) {
    self.load = load
    self.arguments = arguments
    self.modules = modules
    self.rom = rom
  }
}

/// What a user can say about an image that the image does not say itself.
public struct LoadOptions: Sendable, Equatable {
  /// `--at`: the guest-physical address of a flat image.
  public var at: UInt64?
  /// `--entry`: the guest-physical address of the first instruction.
  public var entry: UInt64?
  /// `--mode`: the mode to start in.
  public var mode: GuestImage.Mode?
  /// For built-in guests: 0 makes hypercalls by VMCALL, 1 by OUT.
  public var bootParameter: UInt8

  public init(
    at: UInt64? = nil, entry: UInt64? = nil, mode: GuestImage.Mode? = nil, bootParameter: UInt8 = 0
  ) {
    self.at = at
    self.entry = entry
    self.mode = mode
    self.bootParameter = bootParameter
  }
}

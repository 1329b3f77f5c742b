import X86

extension Processor {
  /// A general register other than RSP, as the processor holds it: VM entries and VM exits leave
  /// these alone, so at an exit it is the guest's.
  public func generalRegister(_ register: GeneralRegister) -> UInt64 { self[register] }

  /// Writes a general register other than RSP.
  public func setGeneralRegister(_ register: GeneralRegister, _ value: UInt64) {
    self[register] = value
  }
}

import X86
extension Processor {
  /// Delivers an event through the IVT or IDT (to be replaced by the real one on main).
  func deliver(_ event: EventInDelivery) throws(Fault) {}
  /// Loads the four PDPTE registers from the table at `cr3`, #GP(0) if one has reserved bits.
  func loadPDPTEs(_ cr3: UInt64) throws(Fault) {}
}

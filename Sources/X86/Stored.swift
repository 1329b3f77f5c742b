/// A value that an object keeps behind a pointer of its own.
///
/// The checks of exclusivity that stored properties of classes get at run time cost some 150 host
/// instructions each where the optimiser cannot leave them out. What is kept like this is used by one
/// thread, and is never passed `inout` to anything that reaches its owner.
@safe public struct Stored<Value> {
  @usableFromInline let pointer: UnsafeMutablePointer<Value>

  public init(_ value: Value) {
    // SAFETY: freed by `deallocate`, which the owner calls in its deinit.
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  /// Ends it; the owner's last use.
  public func deallocate() {
    // SAFETY: initialised in init, and not used afterwards.
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }

  @inlinable public var address: UnsafePointer<Value> {
    @inline(__always) get { unsafe UnsafePointer(pointer) }
  }
  @inlinable public var mutableAddress: UnsafeMutablePointer<Value> {
    @inline(__always) get { unsafe pointer }
  }
}

import Glibc
import Synchronization

/// A flag that stops a running guest; safe to raise from a signal handler or another thread.
///
/// A backend whose guest runs inside a system call cannot poll the flag. It attaches a kick
/// while it runs, and `raise()` carries that out as well.
public final class Interrupt: Sendable {
  private let flag = Atomic<Bool>(false)
  /// Address of the attached byte; 0 when none is.
  private let byte = Atomic<UInt>(0)
  private let thread = Atomic<UInt>(0)
  private let signal = Atomic<Int32>(0)
  /// Raises that may still use the attached kick.
  private let raising = Atomic<Int>(0)

  public init() {}
  public var isRaised: Bool { flag.load(ordering: .sequentiallyConsistent) }
  public func clear() { flag.store(false, ordering: .sequentiallyConsistent) }

  public func raise() {
    raising.add(1, ordering: .sequentiallyConsistent)
    flag.store(true, ordering: .sequentiallyConsistent)
    // SAFETY: `detach` waits until no raise is under way, so the byte is still mapped.
    if let byte = unsafe UnsafeMutablePointer<UInt8>(
      bitPattern: byte.load(ordering: .sequentiallyConsistent))
    {
      unsafe byte.pointee = 1
      let runner = pthread_t(thread.load(ordering: .sequentiallyConsistent))
      // A signal handler on the running thread has interrupted the system call already.
      if pthread_equal(runner, pthread_self()) == 0 {
        _ = pthread_kill(runner, signal.load(ordering: .sequentiallyConsistent))
      }
    }
    raising.subtract(1, ordering: .sequentiallyConsistent)
  }

  /// Makes `raise()` also set `byte` to 1 and then send `signal` to the calling thread, until
  /// `detach()`. The caller looks at `isRaised` after attaching; one machine at a time attaches.
  ///
  /// The byte has to stay valid until `detach()` returns.
  @unsafe public func attach(settingByte byte: UnsafeMutablePointer<UInt8>, signal: Int32) {
    thread.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
    self.signal.store(signal, ordering: .sequentiallyConsistent)
    self.byte.store(UInt(bitPattern: byte), ordering: .sequentiallyConsistent)
  }

  /// Ends `attach`. When it returns, no raise touches the byte or signals the thread any more.
  public func detach() {
    byte.store(0, ordering: .sequentiallyConsistent)
    while raising.load(ordering: .sequentiallyConsistent) != 0 { sched_yield() }
  }
}

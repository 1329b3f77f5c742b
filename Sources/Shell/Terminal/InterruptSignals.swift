import CLineEdit
import Synchronization
import X86

/// ^C while no line is edited.
public enum InterruptSignals {
  private static let current = Mutex<Interrupt?>(nil)

  /// From now on SIGINT raises `interrupt` and makes system calls, KVM_RUN among them, return
  /// EINTR. While `LineEditor` reads, SIGINT cancels the line instead. Installing another
  /// interrupt replaces this one; the process keeps the last one alive.
  public static func install(interrupt: Interrupt) {
    current.withLock { kept in
      // SAFETY: the handler reads the object without retaining it, and `kept` holds it until C
      // has been given its successor. `raise()` only stores to an atomic.
      unsafe cle_install_interrupt(
        { context in
          guard let context = unsafe context else { return }
          unsafe Unmanaged<Interrupt>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.raise() }
        }, Unmanaged.passUnretained(interrupt).toOpaque())
      kept = interrupt
    }
  }

  /// SIGINT does again what it did before `install(interrupt:)`.
  public static func remove() {
    current.withLock { kept in
      cle_remove_interrupt()
      kept = nil
    }
  }
}

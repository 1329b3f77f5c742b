import Simulator
import X86

extension Monitor {
  /// Makes the processors record what they execute from now on, or no more.
  func startTracing() {
    for processor in simulated?.processors ?? [] {
      if let traceCapacity {
        processor.startTrace(capacity: traceCapacity)
      } else if processor.isTracing {
        processor.stopTrace()
      }
    }
  }

  /// The last `most` instructions of the processor that is looked at, the oldest first.
  public func trace(last most: Int) -> [TraceEntry] {
    guard let simulated else { return [] }
    return simulated.processors[simulated.selected].trace(last: most)
  }
}

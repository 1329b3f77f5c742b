/// Something to be measured.
struct Benchmark: Sendable {
  let name: String
  /// What is counted, in the plural.
  let unit: String
  /// How many are run against the clock, and how many under valgrind.
  let count: UInt64
  let sample: UInt64
  /// Runs about so many, and returns how many there were; nil if the result is wrong.
  let run: @Sendable (UInt64) throws -> UInt64?

  init(
    _ name: String, _ unit: String, count: UInt64, sample: UInt64,
    _ run: @escaping @Sendable (UInt64) throws -> UInt64?
  ) {
    (self.name, self.unit, self.count, self.sample, self.run) = (name, unit, count, sample, run)
  }
}

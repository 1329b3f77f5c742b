import Simulator
import Testing
import X86

@testable import Monitor

@Suite struct HandlerTableTests {
  @Test func handlersAscend() {
    let numbers = ExitHandler.rows.map(\.reason.rawValue)
    #expect(numbers == numbers.sorted())
    #expect(Set(numbers).count == numbers.count)
    for row in ExitHandler.rows { #expect(row.reason.row != nil) }
  }

  @Test func cpuidHidesVMXAndShowsAHypervisor() {
    let features = GuestCPUID.read(1, 0)
    #expect(features.ecx >> 5 & 1 == 0)
    #expect(features.ecx >> 31 == 1)
    #expect(CPUID.read(1, 0).ecx >> 5 & 1 == 1)
    let hypervisor = GuestCPUID.read(0x4000_0000, 0)
    #expect(letters(hypervisor.ebx, hypervisor.ecx, hypervisor.edx) == "RingsideVMM\0")
    #expect(GuestCPUID.read(0x8000_0001, 0) == CPUID.read(0x8000_0001, 0))
  }

  private func letters(_ words: UInt32...) -> String {
    String(
      decoding: words.flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
      }, as: UTF8.self)
  }

  @Test func costsAreThoseOfTheirRows() {
    var exit = VMExit(reason: ExitReason.ioInstruction.rawValue)
    #expect(ExitCosts.row(of: exit) == ExitCosts.output)
    exit.qualification = 8
    #expect(ExitCosts.row(of: exit) == ExitCosts.input)
    #expect(ExitCosts.cycles(of: VMExit(reason: ExitReason.cpuid.rawValue)) == 1313)
    for row in ExitCosts.rows { #expect(row.source.contains("2017")) }
  }

  @Test func exitLogKeepsTheLastInOrder() {
    var log = ExitLog()
    for number in 0..<(ExitLog.capacity + 10) {
      log.append(
        ExitLog.Entry(
          sequence: 0, instructions: nil, reason: 10, isEntryFailure: false,
          qualification: UInt64(number), rip: nil))
    }
    #expect(log.count == UInt64(ExitLog.capacity + 10))
    #expect(log.entries.count == ExitLog.capacity)
    #expect(log.entries.first?.sequence == 11)
    #expect(log.entries.first?.qualification == 10)
    #expect(log.entries.last?.sequence == UInt64(ExitLog.capacity + 10))
  }

  @Test func statisticsAddUp() {
    var statistics = ExitStatistics()
    statistics.add(30, name: "io-instruction", cost: 7)
    statistics.add(30, name: "io-instruction", cost: 3)
    statistics.add(12, name: "hlt", cost: 1)
    #expect(statistics.total == 3)
    let row = statistics.rows[30]
    #expect(row?.min == 3)
    #expect(row?.max == 7)
    #expect(row?.total == 10)
  }
}

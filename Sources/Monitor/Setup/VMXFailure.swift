import Simulator
import X86

/// A VMX instruction's failure in words.
enum VMXFailure {
  static func text(_ result: VMXPromptResult) -> String {
    switch result {
    case .success, .value, .entered: "it succeeded"
    case .failInvalid: "VMfailInvalid: there is no current VMCS, or no valid region"
    case .failValid(let number): validText(number)
    case .fault(let vector, let errorCode):
      "the processor raised \(ExceptionVector.label(vector))"
        + (errorCode.map { ", error code \(hex($0))" } ?? "")
    case .entryFailure(let exit): exit.summary
    case .inNonRootOperation: MonitorError.inGuest.description
    case .aborted: "a VMX abort has shut the processor down; `reset` is all that helps"
    }
  }

  static func validText(_ number: UInt32) -> String {
    let row = InstructionError(number: number)
    return "VMfailValid, error \(number)" + (row.map { ": \($0.name)" } ?? "")
  }

  static func remedy(_ result: VMXPromptResult) -> String {
    guard case .failValid(let number) = result else { return "" }
    return InstructionError(number: number)?.remedy ?? ""
  }
}

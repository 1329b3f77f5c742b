import X86

extension ExitHandler {
  static let debugRegisterAccess = ExitHandler(
    .drAccess, "moves the guest's debug register"
  ) { monitor, exit in
    // SDM 3C, "Exit Qualification for MOV DR": register 2:0, direction 4, general register 11:8.
    let number = Int(exit.qualification & 7)
    let isRead = exit.qualification & 0x10 != 0
    guard let general = GeneralRegister(rawValue: UInt8(exit.qualification >> 8 & 15)) else {
      return .stop(.exit, "the exit names a register that does not exist")
    }
    try monitor.changeRegisters { registers in
      // DR4 and DR5 are other names of DR6 and DR7 while CR4.DE is 0.
      let target = number == 4 || number == 5 ? number + 2 : number
      if isRead {
        registers[general] = registers[debug: target]
      } else {
        registers[debug: target] = registers[general]
      }
    }
    try monitor.skip(exit)
    return .resume
  }
}

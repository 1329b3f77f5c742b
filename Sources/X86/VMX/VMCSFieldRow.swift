/// One row of the manual's tables of VMCS fields. Width, type and access are in the encoding.
public struct VMCSFieldRow: Sendable {
  public let field: VMCSField
  /// The name in this code, e.g. `guestRIP`.
  public let identifier: String
  /// The name in hypervisor sources, e.g. `GUEST_RIP`.
  public let symbol: String
  /// The manual's name, e.g. "Guest RIP".
  public let name: String
  /// One line in plain words.
  public let meaning: String
  /// The control whose 1-setting the processor must support for the field to exist; "always" if
  /// every processor with VMX has it.
  public let existsWhen: String

  init(
    _ field: VMCSField, _ identifier: String, _ symbol: String, _ name: String, _ meaning: String,
    existsWhen: String = "always"
  ) {
    self.field = field
    self.identifier = identifier
    self.symbol = symbol
    self.name = name
    self.meaning = meaning
    self.existsWhen = existsWhen
  }
}

extension VMCSField {
  /// Every full field in ascending order of encodings; high halves are derived (`highHalf`).
  public static let rows: [VMCSFieldRow] = {
    var all: [VMCSFieldRow] = []
    all += control16Rows
    all += guest16Rows
    all += host16Rows
    all += control64Rows
    all += exitInformation64Rows
    all += guest64Rows
    all += host64Rows
    all += control32Rows
    all += exitInformation32Rows
    all += guest32Rows
    all += host32Rows
    all += controlNaturalRows
    all += exitInformationNaturalRows
    all += guestNaturalRows
    all += hostNaturalRows
    return all
  }()

  /// Every full field in ascending order of encodings.
  public static var all: [VMCSField] { rows.map(\.field) }

  /// The row of this field, or of the field whose high half it is; nil if there is none.
  public var row: VMCSFieldRow? {
    guard isDefined, let slot = fullField.slot else { return nil }
    return VMCSField.rowsBySlot[slot]
  }

  /// E.g. `GUEST_RIP`, `TSC_OFFSET_HIGH`; the encoding in hexadecimal for an undefined field.
  public var symbol: String {
    guard let row else { return hexadecimal }
    return isHighHalf ? row.symbol + "_HIGH" : row.symbol
  }

  /// E.g. "Guest RIP", "TSC offset (high)"; the encoding in hexadecimal for an undefined field.
  public var name: String {
    guard let row else { return hexadecimal }
    return isHighHalf ? row.name + " (high)" : row.name
  }

  /// One line in plain words.
  public var meaning: String {
    guard let row else { return "No field of the VMCS has this encoding" }
    return isHighHalf ? "Upper 32 bits of \(row.symbol): \(row.meaning)" : row.meaning
  }

  /// Finds a field by symbol, identifier or manual name in any case, by the manual's abbreviation
  /// (EPTP, VPID), or by the number of a defined encoding (0x681e).
  public init?(named text: String) {
    if let number = TableText.number(text), let encoding = UInt32(exactly: number) {
      self.init(rawValue: encoding)
      guard isDefined else { return nil }
      return
    }
    let key = TableText.key(text)
    if let field = VMCSField.fieldsByKey[key] {
      self = field
    } else if key.hasSuffix("high"),
      let high = VMCSField.fieldsByKey[String(key.dropLast(4))]?.highHalf
    {
      self = high
    } else {
      return nil
    }
  }

  private var hexadecimal: String { "0x" + String(rawValue, radix: 16) }

  private static let rowsBySlot: [VMCSFieldRow?] = {
    var table = [VMCSFieldRow?](repeating: nil, count: slotCount)
    for row in rows {
      if let slot = row.field.slot { table[slot] = row }
    }
    return table
  }()

  private static let fieldsByKey: [String: VMCSField] = {
    var table: [String: VMCSField] = [:]
    for row in rows {
      for text in [row.symbol, row.identifier, row.name] + TableText.withoutParentheses(row.name) {
        table[TableText.key(text)] = row.field
      }
    }
    return table
  }()
}

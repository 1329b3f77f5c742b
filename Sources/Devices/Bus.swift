import X86

/// The ports and the memory addresses that devices answer.
public final class Bus: DeviceBus {
  /// A device at its place, with how often a guest accessed it.
  struct Claim {
    let space: DeviceAccess.Space
    let first: UInt64
    /// The last address, inclusive, so that a range may end at the top of the space.
    let last: UInt64
    let device: any Device
    var reads: UInt64 = 0
    var writes: UInt64 = 0

    func contains(_ space: DeviceAccess.Space, _ address: UInt64) -> Bool {
      self.space == space && first <= address && address <= last
    }
  }

  var claims: [Claim] = []
  /// The claim that answered last: accesses come in series.
  private var recent = 0

  public init() {}

  /// Places `device` at `address`, for `length` bytes.
  ///
  /// Throws `BusError` when the range is empty, leaves its space, or is taken.
  public func claim(
    _ space: DeviceAccess.Space, at address: UInt64, length: UInt64, by device: some Device
  ) throws(BusError) {
    let top: UInt64 = space == .port ? 0xffff : .max
    guard length > 0, address <= top, length - 1 <= top - address else {
      throw .badRange(device: device.name, space: space, address: address, length: length)
    }
    let last = address + (length - 1)
    if let other = claims.first(where: {
      $0.space == space && $0.first <= last && address <= $0.last
    }) {
      throw .taken(device: device.name, space: space, address: address, by: other.device.name)
    }
    claims.append(Claim(space: space, first: address, last: last, device: device))
  }

  /// Reads `size` bytes (1 to 8), zero-extended. Bytes that nobody answers read as all ones, as on
  /// a bus whose data lines nobody drives.
  public func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64 {
    var result: UInt64 = 0
    var counted: Int?
    var position = 0
    while position < min(size, 8) {
      let piece = firstPiece(space, address &+ UInt64(position), size: min(size, 8) - position)
      var value = UInt64.max
      if let index = piece.claim {
        value = claims[index].device.read(offset: piece.offset, size: piece.size)
        if counted != index { claims[index].reads &+= 1 }
        counted = index
      }
      result |= (value & Bus.mask(bytes: piece.size)) << UInt64(position * 8)
      position += piece.size
    }
    return result
  }

  /// Writes the low `size` bytes (1 to 8) of `value`. Bytes that nobody answers are lost.
  public func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64) {
    var counted: Int?
    var position = 0
    while position < min(size, 8) {
      let piece = firstPiece(space, address &+ UInt64(position), size: min(size, 8) - position)
      if let index = piece.claim {
        let part = value >> UInt64(position * 8) & Bus.mask(bytes: piece.size)
        claims[index].device.write(offset: piece.offset, size: piece.size, value: part)
        if counted != index { claims[index].writes &+= 1 }
        counted = index
      }
      position += piece.size
    }
  }

  /// A part of an access that one register answers, or one byte that nobody does.
  private struct Piece {
    var claim: Int?
    var offset: UInt64 = 0
    var size = 1
  }

  /// The first part of an access of `size` bytes that cannot be split further: naturally aligned,
  /// no wider than the device's widest register and within one device. A 16-bit OUT to a device
  /// with 8-bit registers thus becomes two writes, low byte first, as on an ISA bus.
  private func firstPiece(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> Piece {
    guard let index = claim(at: space, address) else { return Piece() }
    let claim = claims[index]
    var piece = Piece(claim: index, offset: address - claim.first)
    let afterThis = min(UInt64(size - 1), claim.last - address)
    while piece.size < claim.device.widestAccess, UInt64(piece.size * 2 - 1) <= afterThis,
      piece.offset % UInt64(piece.size * 2) == 0
    {
      piece.size *= 2
    }
    return piece
  }

  private func claim(at space: DeviceAccess.Space, _ address: UInt64) -> Int? {
    if recent < claims.count, claims[recent].contains(space, address) { return recent }
    guard let index = claims.firstIndex(where: { $0.contains(space, address) }) else { return nil }
    recent = index
    return index
  }

  private static func mask(bytes: Int) -> UInt64 {
    bytes >= 8 ? .max : (1 << UInt64(bytes * 8)) - 1
  }

  /// One row of `info devices`.
  public struct Row: Sendable, Equatable {
    public var name: String
    public var space: DeviceAccess.Space
    /// The first and the last address, inclusive.
    public var first: UInt64
    public var last: UInt64
    /// Accesses as the guest made them, however many registers each touched.
    public var reads: UInt64
    public var writes: UInt64
  }

  /// The devices with their places and access counts, ports first, by ascending address.
  public func describe() -> [Row] {
    claims
      .map {
        Row(
          name: $0.device.name, space: $0.space, first: $0.first, last: $0.last, reads: $0.reads,
          writes: $0.writes)
      }
      .sorted { ($0.space == .port ? 0 : 1, $0.first) < ($1.space == .port ? 0 : 1, $1.first) }
  }
}

/// A mistake in placing or restoring devices; a guest cannot cause one.
public enum BusError: Error, Equatable, CustomStringConvertible {
  case badRange(device: String, space: DeviceAccess.Space, address: UInt64, length: UInt64)
  case taken(device: String, space: DeviceAccess.Space, address: UInt64, by: String)
  case otherDevices

  public var description: String {
    switch self {
    case .badRange(let device, let space, let address, let length):
      "\(device): \(length) bytes at \(space.rawValue) address 0x\(String(address, radix: 16)) "
        + "are not a range of that space"
    case .taken(let device, let space, let address, let other):
      "\(device): \(space.rawValue) address 0x\(String(address, radix: 16)) overlaps \(other)"
    case .otherDevices:
      "the saved state belongs to a machine with other devices"
    }
  }
}

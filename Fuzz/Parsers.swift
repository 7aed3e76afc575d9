import DNS

/// What reads octets from strangers: messages and zone files. The first octet of an input says which.
///
/// Whatever is accepted must come through being written and read again unchanged.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = octets.first else { return 0 }
    if kind == UInt8(ascii: "m") { fuzzMessage(Array(octets.dropFirst())) } else { fuzzZoneFile(octets) }
    return 0
}

private func fuzzMessage(_ octets: [UInt8]) {
    guard let message = try? Message(wire: octets) else { return }
    // Names are written whole: what was compressed may not fit any more.
    let written = message.wire
    guard written.count <= 65_535 else { return }
    guard let again = try? Message(wire: written) else { fatalError("what was written cannot be read") }
    precondition(again == message, "what was written reads differently")
    for record in message.answers + message.authority + message.additional { _ = record.description }
}

private func fuzzZoneFile(_ octets: [UInt8]) {
    guard let apex = try? Name("example.test.") else { return }
    let result = ZoneFile.parse(octets, file: "z", origin: apex) { $0 == "part" ? Array("a A 192.0.2.1".utf8) : nil }
    switch result {
    case .failure(let errors): precondition(!errors.description.isEmpty)
    case .success(let zone):
        let text = zone.inLowerCase.canonicalText
        let again = ZoneFile.parse(text, file: "canonical", origin: apex)
        guard case .success(let same) = again else { fatalError("cannot read what was printed: \(again)\n\(text)") }
        precondition(same.inLowerCase.canonicalText == text, "prints differently the second time")
        _ = zone.warnings
    }
}

extension ZoneSnapshot {
    /// The slot of a dynamic name.
    package func slot(of name: Name) -> Int? {
        guard let node = node(of: name), node.flags.contains(.dynamic) else { return nil }
        return Int(node.slot)
    }

    /// The zone that answers for a name: the one with the longest apex at or above it.
    package func zoneIndex(of name: Name) -> Int? {
        lowercase(name) { octets in
            view.closestEncloser(of: octets, count: name.wire.count, skipping: 0)?.node.zone
        }
    }

    /// The zone with that very apex.
    package func zoneIndex(ofApex apex: Name) -> Int? {
        guard let node = node(of: apex), node.flags.contains(.apex) else { return nil }
        return node.zone
    }

    /// The name of a zone, in lower case.
    package func apexName(ofZone zone: Int) -> Name {
        precondition((0..<zoneCount).contains(zone))
        let apex = view.node(at: zoneEntries[zone].apex)
        return Name(validWire: Array(UnsafeRawBufferPointer(start: apex.name, count: apex.nameLength)))
    }

    /// Whether the name exists in a zone of ours, be it without records.
    package func contains(_ name: Name) -> Bool { node(of: name) != nil }

    private func node(of name: Name) -> Node? {
        lowercase(name) { view.find($0, count: name.wire.count) }
    }

    private func lowercase<Result>(_ name: Name, _ body: (UnsafeRawPointer) -> Result?) -> Result? {
        name.wire.map(lowercased).withUnsafeBytes { octets in octets.baseAddress.flatMap(body) }
    }
}

extension ZoneSnapshot.View {
    /// `offset` must not be 0.
    @inline(__always)
    func node(at offset: ArenaOffset) -> Node { Node(base: address(offset)) }

    /// `offset` must not be 0.
    @inline(__always)
    func template(at offset: ArenaOffset) -> Template { Template(base: address(offset)) }

    @inline(__always)
    private func address(_ offset: ArenaOffset) -> UnsafeRawPointer {
        UnsafeRawPointer(bitPattern: offset).unsafelyUnwrapped  // links that are not 0 are addresses
    }

    /// The node of a lower-cased wire name; never one that another zone of ours shadows.
    @inline(__always)
    func find(_ name: UnsafeRawPointer, count: Int) -> Node? {
        findNode(name, count: count, slots: slots, capacity: slotCount)
    }

    /// The longest existing name at or above a lower-cased wire name, and how many octets stand before it
    /// (RFC 4592 §3.3.1). The first `skipping` octets, whole labels, are not considered.
    func closestEncloser(of name: UnsafeRawPointer, count: Int, skipping: Int) -> (node: Node, prefix: Int)? {
        var position = skipping
        while true {
            if let node = find(name + position, count: count &- position) { return (node, position) }
            let label = Int(name.load(fromByteOffset: position, as: UInt8.self))
            if label == 0 { return nil }
            position &+= 1 &+ label
        }
    }
}

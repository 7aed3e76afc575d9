/// How the zones of a snapshot lie in one another, and which zone each dynamic name belongs to.
struct ZoneTree {
    let zones: [Zone]
    let dynamicNames: [Name]
    /// Of each zone, lower-cased.
    let apexes: [[UInt8]]
    /// The index of the closest zone above each, or -1.
    let parents: [Int]
    /// The zones directly below each.
    let children: [[Int]]
    /// The dynamic names of each zone, with their slots.
    let dynamicNamesOfZone: [[(name: Name, slot: Int)]]

    init(zones: [Zone], dynamicNames: [Name]) throws(ZoneSnapshotError) {
        self.zones = zones
        self.dynamicNames = dynamicNames
        var indexOfApex: [Name: Int] = [:]
        for (index, zone) in zones.enumerated() {
            guard indexOfApex.updateValue(index, forKey: zone.apex) == nil else { throw .duplicateZone(zone.apex) }
        }
        apexes = zones.map { $0.apex.wire.map(lowercased) }
        parents = zones.map { zone in
            zone.apex.wire.count == 1 ? -1 : closestZone(atOrAbove: parentWire(zone.apex.wire), in: indexOfApex) ?? -1
        }
        var children: [[Int]] = Array(repeating: [], count: zones.count)
        for (index, parent) in parents.enumerated() where parent >= 0 { children[parent].append(index) }
        self.children = children
        var grouped: [[(name: Name, slot: Int)]] = Array(repeating: [], count: zones.count)
        for (slot, name) in dynamicNames.enumerated() {
            guard let zone = closestZone(atOrAbove: name.wire, in: indexOfApex) else {
                throw .dynamicNameOutsideZones(name)
            }
            grouped[zone].append((name, slot))
        }
        dynamicNamesOfZone = grouped
    }

    /// The apexes of the zones directly below zone `index`. What they shadow includes whatever the zones below
    /// them would.
    func apexes(below index: Int) -> [[UInt8]] { children[index].map { apexes[$0] } }
}

private func parentWire(_ wire: [UInt8]) -> [UInt8] { Array(wire.dropFirst(1 + Int(wire[0]))) }

/// The zone with the longest apex at or above the name.
private func closestZone(atOrAbove wire: [UInt8], in zones: [Name: Int]) -> Int? {
    var rest = wire
    while true {
        if let zone = zones[Name(validWire: rest)] { return zone }
        if rest.count == 1 { return nil }
        rest = parentWire(rest)
    }
}

/// A domain name (RFC 1035 §3.1, RFC 9499 §2): labels of 1–63 octets, at most 255 octets in wire form.
///
/// It keeps the case it was written in and compares without it (RFC 4343).
package struct Name: Sendable {
    /// The uncompressed wire form: length octet, label, …, and the zero octet of the root.
    package let wire: [UInt8]

    /// Trusts that `wire` is one whole valid name.
    package init(validWire wire: [UInt8]) { self.wire = wire }

    package static let root = Name(validWire: [0])

    /// The most octets a name may have in wire form, its length octets and the root's zero included.
    package static let maximumLength = 255
    /// The most octets a label may have.
    package static let maximumLabelLength = 63
}

extension Name: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        let left = left.wire.span
        let right = right.wire.span
        guard left.count == right.count else { return false }
        for index in left.indices where lowercased(left[index]) != lowercased(right[index]) { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        var octets: UInt64 = 0
        var count = 0
        for byte in wire {
            octets = octets << 8 | UInt64(lowercased(byte))
            count += 1
            if count.isMultiple(of: 8) { hasher.combine(octets) }
        }
        hasher.combine(octets)
    }
}

extension Name: Comparable {
    /// The canonical order of RFC 4034 §6.1: label by label from the root down, without case, so that a
    /// name comes right before everything below it.
    package static func < (left: Self, right: Self) -> Bool {
        let leftStarts = left.labelStarts
        let rightStarts = right.labelStarts
        for depth in 1...(min(leftStarts.count, rightStarts.count) + 1) {
            guard depth <= rightStarts.count else { return false }
            guard depth <= leftStarts.count else { return true }
            let leftLabel = left.label(at: leftStarts[leftStarts.count - depth])
            let rightLabel = right.label(at: rightStarts[rightStarts.count - depth])
            if leftLabel.elementsEqual(rightLabel, by: { lowercased($0) == lowercased($1) }) { continue }
            return leftLabel.lexicographicallyPrecedes(rightLabel) { lowercased($0) < lowercased($1) }
        }
        return false
    }
}

extension Name {
    /// How many labels it has, the root's empty one not counted: 0 for the root itself.
    package var labelCount: Int {
        var count = 0
        var index = 0
        while wire[index] != 0 {
            index += Int(wire[index]) + 1
            count += 1
        }
        return count
    }

    package var isRoot: Bool { wire.count == 1 }

    /// Whether the first label is the asterisk label (RFC 4592 §2.1.1).
    package var isWildcard: Bool { wire.count > 2 && wire[0] == 1 && wire[1] == 0x2A }

    /// The name without its first label; nil for the root.
    package var parent: Name? {
        isRoot ? nil : Name(validWire: Array(wire[(Int(wire[0]) + 1)...]))
    }

    /// Whether it is `other` or a name below it.
    package func isAtOrBelow(_ other: Name) -> Bool {
        let surplus = wire.count - other.wire.count
        guard surplus >= 0 else { return false }
        var index = 0
        while index < surplus { index += Int(wire[index]) + 1 }
        guard index == surplus else { return false }
        for offset in 0..<other.wire.count
        where lowercased(wire[surplus + offset]) != lowercased(other.wire[offset]) { return false }
        return true
    }

    /// The name one level below with `label` in front, given as its octets (no escapes).
    ///
    /// Throws if the label is empty or longer than 63 octets, or the result longer than 255.
    package func prepending(_ label: some Collection<UInt8>) throws(NameError) -> Name {
        guard !label.isEmpty else { throw .emptyLabel("." + description) }
        guard label.count <= Name.maximumLabelLength else { throw .labelTooLong(masterFileText(ofLabel: label)) }
        guard label.count + 1 + wire.count <= Name.maximumLength else {
            throw .tooLong(masterFileText(ofLabel: label) + "." + description)
        }
        return Name(validWire: [UInt8(label.count)] + label + wire)
    }

    /// The same name with ASCII letters in lower case, as RFC 4034 §6.2 wants it.
    package var inLowerCase: Name { Name(validWire: wire.map { lowercased($0) }) }

    /// The labels' octets from the first to the one below the root.
    package var labels: [ArraySlice<UInt8>] { labelStarts.map(label(at:)) }

    /// Where each label's length octet stands, from the first label to the one below the root.
    private var labelStarts: [Int] {
        var starts: [Int] = []
        var index = 0
        while wire[index] != 0 {
            starts.append(index)
            index += Int(wire[index]) + 1
        }
        return starts
    }

    private func label(at start: Int) -> ArraySlice<UInt8> { wire[(start + 1)...(start + Int(wire[start]))] }
}

/// ASCII lower case (RFC 4343 §3). Length octets are at most 63, so a whole wire name may pass through it.
@inlinable package func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}

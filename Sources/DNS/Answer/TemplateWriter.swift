/// Composes the records of a `Template`, with names compressed against the apex, the zone cut and one another.
struct TemplateWriter {
    /// Lower-cased wire forms; `cut` is nil outside of referrals.
    let apex: [UInt8]
    let cut: [UInt8]?

    private(set) var octets: [UInt8] = []
    private var patches: [UInt16] = []
    private var authorityCount = 0
    private var additionalCount = 0
    private var authorityLength = 0
    private var requiredCount = 0
    private var requiredLength = 0
    private var changing: [(slot: UInt32, position: UInt16)] = []
    /// Names that stand in the template already, with all their parents: lower case.
    private var written: [(position: Int, name: ArraySlice<UInt8>)] = []

    init(apex: [UInt8], cut: [UInt8]? = nil) {
        self.apex = apex
        self.cut = cut
    }

    /// Whether it is still short enough to be patched.
    var fits: Bool { octets.count <= Template.maximumLength }

    /// Appends one record of AUTHORITY. All of these come before the first of ADDITIONAL.
    mutating func appendAuthority(owner: [UInt8], type: UInt16, ttlSeconds: UInt32, rdata: [UInt8]) {
        append(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: rdata)
        authorityCount += 1
        (authorityLength, requiredLength) = (octets.count, octets.count)
    }

    /// Appends one address record of ADDITIONAL, if there is room. The required ones come first.
    mutating func appendAdditional(owner: [UInt8], type: UInt16, ttlSeconds: UInt32, rdata: [UInt8], required: Bool) {
        let before = self
        append(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: rdata)
        guard fits else {
            self = before
            return
        }
        additionalCount += 1
        if required { (requiredCount, requiredLength) = (additionalCount, octets.count) }
    }

    /// Has the addresses of a dynamic name added when the answer is composed. It is the target of a record in here.
    mutating func appendChanging(owner: [UInt8], slot: UInt32) {
        if owner == apex { return changing.append((slot, Template.ChangingGlue.apex)) }
        guard let known = written.first(where: { $0.name.elementsEqual(owner) }) else { return }
        changing.append((slot, UInt16(truncatingIfNeeded: known.position)))
    }

    /// Writes the template into `memory`.
    func write(to memory: inout FlatMemory) -> ArenaOffset {
        let size = octets.count + 2 * patches.count + Template.ChangingGlue.size * changing.count
        let start = memory.allocate(Template.headerSize + size)
        let fields = [
            authorityCount, authorityLength, additionalCount, requiredCount, requiredLength, octets.count,
            patches.count, changing.count,
        ]
        for (index, field) in fields.enumerated() {
            start.storeBytes(of: UInt16(field), toByteOffset: 2 * index, as: UInt16.self)
        }
        let records = start + Template.headerSize
        UnsafeMutableRawBufferPointer(start: records, count: octets.count).copyBytes(from: octets)
        for (index, patch) in patches.enumerated() {
            records.storeBytes(of: patch, toByteOffset: octets.count + 2 * index, as: UInt16.self)
        }
        for (index, (slot, position)) in changing.enumerated() {
            let offset = octets.count + 2 * patches.count + Template.ChangingGlue.size * index
            records.storeBytes(of: slot, toByteOffset: offset, as: UInt32.self)
            records.storeBytes(of: position, toByteOffset: offset + 4, as: UInt16.self)
        }
        return UInt(bitPattern: start)
    }

    private mutating func append(owner: [UInt8], type: UInt16, ttlSeconds: UInt32, rdata: [UInt8]) {
        append(name: owner[...])
        append(number: type)
        append(number: 1 as UInt16)
        append(number: ttlSeconds)
        let lengthPosition = octets.count
        append(number: 0 as UInt16)
        var position = 0
        if let layout = compressibleNames(inType: type) {
            position = layout.offset
            octets += rdata.prefix(position)
            for _ in 0..<layout.count {
                guard let length = wireNameLength(in: rdata, at: position) else { break }
                append(name: rdata[position..<position + length])
                position += length
            }
        }
        octets += rdata.dropFirst(position)
        let length = octets.count - lengthPosition - 2
        octets[lengthPosition] = UInt8(truncatingIfNeeded: length >> 8)
        octets[lengthPosition + 1] = UInt8(truncatingIfNeeded: length)
    }

    private mutating func append(name: ArraySlice<UInt8>) {
        let lower = ArraySlice(name.map(lowercased))
        var position = 0
        while lower[position] != 0 {
            let rest = lower[position...]
            if let cut, rest.elementsEqual(cut) { return appendPointer(.cut, to: 0) }
            if apex.count > 1, rest.elementsEqual(apex) { return appendPointer(.apex, to: 0) }
            if let known = written.first(where: { $0.name.count == rest.count && $0.name.elementsEqual(rest) }) {
                return appendPointer(.itself, to: known.position)
            }
            written.append((octets.count, rest))
            let label = 1 + Int(lower[position])
            octets += name.dropFirst(position).prefix(label)
            position += label
        }
        octets.append(0)
    }

    private mutating func appendPointer(_ kind: Template.PatchKind, to distance: Int) {
        patches.append(kind.rawValue << 14 | UInt16(truncatingIfNeeded: octets.count & Template.maximumLength))
        append(number: UInt16(truncatingIfNeeded: distance))
    }

    private mutating func append<Number: FixedWidthInteger>(number: Number) {
        withUnsafeBytes(of: number.bigEndian) { octets += $0 }
    }
}

/// Writes one reply: the sections in order, each append either whole or not at all.
struct Composer: ~Copyable {
    let source: AnswerSource
    let query: UnsafeRawPointer
    let reply: UnsafeMutableRawPointer

    private var length = headerLength
    private var questionEnd = headerLength
    /// Octets that sections may fill; room for the OPT record is kept behind.
    private var limit = 512
    /// What the whole reply may take.
    private(set) var wholeLimit = 512
    private var edns: AskedEDNS?
    private var errorOption: UnsafeRawPointer?
    private var errorOptionLength = 0
    /// Stands for an option without text if there is no `errorOption`.
    private var errorCode: UInt16 = 0
    private var counts = SectionCounts()
    private var isTruncated = false
    var isAuthoritative = false
    var code = ResponseCode.noError
    /// What the reply's OPT record will hold beside the extended error.
    var planned = PlannedOptions()
    /// Whether the client has shown a cookie that only it could have got.
    var hasProvenAddress = false
    /// Whether the answer says that something does not exist, or comes from a wildcard.
    var isDenial = false
    var isReferral = false

    /// Where the name that is being resolved was written last, and how many octets of it are contiguous there; what
    /// follows is at `suffixOffset`.
    private(set) var nameOffset = headerLength
    private var contiguousLength = 0
    private var suffixOffset = 0

    private struct SectionCounts: BitwiseCopyable {
        var question: UInt16 = 0
        var answer: UInt16 = 0
        var authority: UInt16 = 0
        var additional: UInt16 = 0
    }

    private static let optLength = 11

    @inline(__always)
    init(source: AnswerSource, query: UnsafeRawPointer, reply: UnsafeMutableRawPointer) {
        self.source = source
        self.query = query
        self.reply = reply
    }

    // MARK: - Beginning and end

    /// Echoes the question, letter case and all.
    @inline(__always)
    mutating func begin(_ question: AskedQuestion) {
        copy(query + headerLength, count: question.end &- headerLength)
        questionEnd = question.end
        counts.question = 1
        contiguousLength = question.nameLength
    }

    @inline(__always)
    mutating func setLimit(_ octets: Int, edns: AskedEDNS) {
        if edns.isPresent { self.edns = edns }
        limit = edns.isPresent ? octets &- Composer.optLength : octets
        wholeLimit = octets
    }

    /// Keeps room for the planned options.
    mutating func reserve(_ octets: Int) { limit &-= octets }

    /// A reply without any record, for what cannot be understood.
    mutating func finishWithHeaderOnly(_ code: ResponseCode) -> Int {
        discardSections()
        edns = nil
        return finish(code)
    }

    /// Appends OPT and writes the header; returns the length of the whole reply.
    @inline(__always)
    mutating func finish(_ code: ResponseCode) -> Int {
        self.code = code
        if edns != nil { appendOPT(code) }
        reply.copyMemory(from: query, byteCount: 2)
        let asked =
            UInt16(query.load(fromByteOffset: 2, as: UInt8.self)) &<< 8
            | UInt16(query.load(fromByteOffset: 3, as: UInt8.self))
        // The opcode and RD are the client's (RFC 1035 §4.1.1); CD is not (RFC 4035 §3.1.6).
        var flags = 0x8000 | (asked & 0x7900) | (code.rawValue & 0xF)
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        reply.storeWire(flags, at: 2)
        reply.storeWire(counts.question, at: 4)
        reply.storeWire(counts.answer, at: 6)
        reply.storeWire(counts.authority, at: 8)
        reply.storeWire(counts.additional, at: 10)
        return length
    }

    @inline(__always)
    private mutating func appendOPT(_ code: ResponseCode) {
        if length &+ errorOptionLength > limit { errorOptionLength = 0 }
        let start = reply + length
        start.storeBytes(of: 0, as: UInt8.self)
        start.storeWire(TypeCode.opt, at: 1)
        start.storeWire(UInt16(maximumDatagramLength), at: 3)
        start.storeWire((code.rawValue &>> 4) &<< 8, at: 5)
        start.storeWire(edns?.dnssecOK == true ? 0x8000 as UInt16 : 0, at: 7)
        start.storeWire(UInt16(truncatingIfNeeded: errorOptionLength), at: 9)
        let opt = length
        length &+= Composer.optLength
        if planned.length > 0 || planned.isPadded { appendOptions(to: opt) } else { appendErrorOption() }
        counts.additional &+= 1
    }

    @inline(__always)
    mutating func appendErrorOption() {
        if errorOptionLength == 0 { return }
        if let errorOption { return copy(errorOption, count: errorOptionLength) }
        let start = reply + length
        start.storeWire(EDNSOption.extendedError, at: 0)
        start.storeWire(2 as UInt16, at: 2)
        start.storeWire(errorCode, at: 4)
        length &+= errorOptionLength
    }

    /// Why the answer is what it is (RFC 8914), for clients that speak EDNS; appended if there is room.
    @inline(__always)
    mutating func setErrorOption(_ option: UnsafeRawPointer, count: Int) {
        (errorOption, errorOptionLength) = (option, count)
    }

    /// The same without words.
    mutating func setErrorOption(code: UInt16) {
        (errorOption, errorOptionLength, errorCode) = (nil, 6, code)
    }

    mutating func clearErrorOption() { (errorOption, errorOptionLength) = (nil, 0) }

    /// Takes everything back but the question.
    mutating func discardSections() {
        length = questionEnd
        (counts.answer, counts.authority, counts.additional) = (0, 0, 0)
    }

    /// The answer does not fit: says so, and says nothing else (RFC 2181 §9).
    mutating func truncate() {
        discardSections()
        isTruncated = true
    }

    // MARK: - Names

    /// Where in the message the last `length` octets of the current name stand: those of a zone's apex, of a zone
    /// cut, of a redirection.
    @inline(__always)
    func offset(ofSuffix length: Int, of nameLength: Int) -> Int {
        let distance = nameLength &- length
        return distance < contiguousLength ? nameOffset &+ distance : suffixOffset
    }

    @inline(__always)
    private mutating func setName(at offset: Int, contiguousLength: Int, suffixOffset: Int) {
        nameOffset = offset
        self.contiguousLength = contiguousLength
        self.suffixOffset = suffixOffset
    }

    // MARK: - Records

    /// Appends an RRset to ANSWER; false if it does not fit.
    @inline(__always)
    mutating func append(_ rrset: StoredRRset, owner: Int, apex: Int, zone: Int) -> Bool {
        let start = reply + length
        guard append(records: rrset.records, length: rrset.length, count: rrset.recordCount, owner: owner) else {
            return false
        }
        for index in 0..<rrset.patchCount { start.storeWire(pointer(to: apex), at: rrset.patch(index)) }
        if rrset.type == TypeCode.soa {
            start.storeWire(source.dynamic.serial(ofZone: zone), at: rrset.length &- 20)
        }
        return true
    }

    /// Appends records that are stored with `C0 0C` for their owner; false if they do not fit.
    @inline(__always)
    mutating func append(records: UnsafeRawPointer, length size: Int, count: Int, owner: Int) -> Bool {
        guard length &+ size <= limit else { return false }
        let start = reply + length
        copy(records, count: size)
        counts.answer &+= UInt16(truncatingIfNeeded: count)
        if owner != headerLength {
            var position = 0
            for _ in 0..<count {
                start.storeWire(pointer(to: owner), at: position)
                position &+= 12 &+ Int(UnsafeRawPointer(start).loadWire(at: position &+ 10))
            }
        }
        return true
    }

    /// After an alias was appended as the last record: makes its target the current name, lower-cased in `name`.
    /// Returns the target's length.
    mutating func follow(
        _ alias: StoredRRset, at start: Int, apex: Node, apexOffset: Int, name: UnsafeMutableRawPointer
    ) -> Int {
        let target = UnsafeRawPointer(reply) + start + 12
        let size = Int((UnsafeRawPointer(reply) + start).loadWire(at: 10))
        guard alias.patchCount > 0, alias.patch(0) &+ 2 &- 12 == size else {
            copyLowercased(target, count: size, available: size, to: name)
            setName(at: start &+ 12, contiguousLength: size, suffixOffset: 0)
            return size
        }
        copyLowercased(target, count: size &- 2, available: size, to: name)
        (name + (size &- 2)).copyMemory(from: apex.name, byteCount: apex.nameLength)
        setName(at: start &+ 12, contiguousLength: size &- 2, suffixOffset: apexOffset)
        return size &- 2 &+ apex.nameLength
    }

    /// Appends the CNAME that a redirection makes of the current name (RFC 6672 §3.1) and makes its target the
    /// current name. `prefix` octets of it stay, `target` takes the place of the rest.
    ///
    /// - Returns: the target's length; 0 if it does not fit.
    mutating func redirect(
        _ name: UnsafeMutableRawPointer, prefix: Int, target: UnsafeRawPointer, targetLength: Int, ttl: UInt32
    ) -> Int {
        let size = prefix &+ targetLength
        guard length &+ 12 &+ size <= limit else { return 0 }
        let record = reply + length
        record.storeWire(pointer(to: nameOffset), at: 0)
        record.storeWire(TypeCode.cname, at: 2)
        record.storeWire(1 as UInt16, at: 4)
        record.storeWire(ttl, at: 6)
        record.storeWire(UInt16(truncatingIfNeeded: size), at: 10)
        (record + 12).copyMemory(from: reply + nameOffset, byteCount: prefix)
        (record + (12 &+ prefix)).copyMemory(from: target, byteCount: targetLength)
        copyLowercased(target, count: targetLength, available: targetLength, to: name + prefix)
        setName(at: length &+ 12, contiguousLength: size, suffixOffset: 0)
        length &+= 12 &+ size
        counts.answer &+= 1
        return size
    }

    // MARK: - Templates

    enum TemplatePart { case all, required, authority }

    /// Appends records composed beforehand; false if they do not fit.
    /// With `asAnswer`, those of AUTHORITY count as the answer.
    @inline(__always)
    mutating func append(
        _ template: Template, _ part: TemplatePart, apex: Int, cut: Int = 0, asAnswer: Bool = false
    ) -> Bool {
        let size: Int
        let additional: Int
        switch part {
        case .all: (size, additional) = (template.length, template.additionalCount)
        case .required: (size, additional) = (template.requiredLength, template.requiredCount)
        case .authority: (size, additional) = (template.authorityLength, 0)
        }
        // No pointer reaches beyond 0x3FFF, so nothing is appended there that may be pointed to.
        guard length &+ size <= limit, length &+ size <= 0x3FFF else { return false }
        let start = reply + length
        copy(template.records, count: size)
        for index in 0..<template.patchCount {
            let patch = template.patch(index)
            let position = Int(patch & 0x3FFF)
            if position >= size { break }
            let target: Int =
                switch patch &>> 14 {
                case Template.PatchKind.apex.rawValue: apex
                case Template.PatchKind.cut.rawValue: cut
                default: length &- size &+ Int(UnsafeRawPointer(start).loadWire(at: position))
                }
            start.storeWire(pointer(to: target), at: position)
        }
        if asAnswer {
            counts.answer &+= UInt16(truncatingIfNeeded: template.authorityCount)
        } else {
            counts.authority &+= UInt16(truncatingIfNeeded: template.authorityCount)
        }
        counts.additional &+= UInt16(truncatingIfNeeded: additional)
        return true
    }

    /// Appends the addresses of those of a template's hosts that are dynamic names, as they are now, to ADDITIONAL: each
    /// RRset whole, if there is room. The template itself was just appended at `start`.
    mutating func appendChangingGlue(_ template: Template, at start: Int, apex: Int) {
        for index in 0..<template.changingCount {
            let host = template.changing(index)
            guard let answer = source.dynamic.answer(inSlot: host.slot), !answer.isFailure else { continue }
            let owner = host.position == Template.ChangingGlue.apex ? apex : start &+ Int(host.position)
            appendGlue(answer.v4Records, length: answer.v4Length, count: answer.v4Count, owner: owner)
            appendGlue(answer.v6Records, length: answer.v6Length, count: answer.v6Count, owner: owner)
        }
    }

    private mutating func appendGlue(_ records: UnsafeRawPointer, length size: Int, count: Int, owner: Int) {
        guard count > 0, length &+ size <= limit else { return }
        let start = reply + length
        copy(records, count: size)
        for index in 0..<count { start.storeWire(pointer(to: owner), at: index &* (size / count)) }
        counts.additional &+= UInt16(truncatingIfNeeded: count)
    }

    /// Appends a zone's SOA record to AUTHORITY, with the serial number of now; false if it does not fit.
    @inline(__always)
    mutating func appendNegative(_ template: Template, apex: Int, zone: Int) -> Bool {
        guard append(template, .all, apex: apex) else { return false }
        reply.storeWire(source.dynamic.serial(ofZone: zone), at: length &- 20)
        return true
    }

    /// Where the next record will stand.
    var end: Int { length }

    mutating func advance(by octets: Int) { length &+= octets }

    @inline(__always)
    mutating func copy(_ source: UnsafeRawPointer, count: Int) {
        (reply + length).copyMemory(from: source, byteCount: count)
        length &+= count
    }

    @inline(__always)
    private func pointer(to offset: Int) -> UInt16 { 0xC000 | UInt16(truncatingIfNeeded: offset) }
}

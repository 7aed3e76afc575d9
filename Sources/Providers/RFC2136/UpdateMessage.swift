import DNS

/// The prerequisites and changes of one UPDATE message. Pure.
struct UpdateMessage: Hashable, Sendable {
    /// What has to be so, or nothing is done (RFC 2136 §2.4).
    private(set) var prerequisites: [MessageRecord] = []
    /// What is done then (RFC 2136 §2.5).
    private(set) var updates: [MessageRecord] = []

    var isEmpty: Bool { updates.isEmpty }

    /// Every RRset that is changed has to be what was read.
    init(_ change: Change) {
        let owner = change.owner
        let steps = change.steps()
        for step in steps {
            switch step {
            case .create(let set):
                prerequisites.append(Self.isAbsent(set.type, at: owner))
                add(set, to: owner)
            case .replace(let held, let set):
                require(held.rrset)
                remove(held.rrset.type, of: owner)
                add(set, to: owner)
            case .remove(let held):
                require(held.rrset)
                remove(held.rrset.type, of: owner)
            }
        }
        guard !steps.isEmpty else {
            guard change.isForced else { return }
            for set in change.after {
                require(set)
                remove(set.type, of: owner)
                add(set, to: owner)
            }
            return
        }
        // An address beside a CNAME is left out by the server without a word (RFC 2136 §3.4.2.2).
        let excluding: [RRType] = change.types.contains(.cname) ? [.a, .aaaa] : [.cname]
        if steps.contains(where: { if case .remove = $0 { false } else { true } }) {
            prerequisites += excluding.map { Self.isAbsent($0, at: owner) }
        }
    }

    func message(zone: Name, id: UInt16) -> Message {
        Message(
            header: Header(id: id, opcode: Message.updateOpcode), questions: [Question(name: zone, type: .soa)],
            answers: prerequisites, authority: updates)
    }

    /// Exactly these values are there (RFC 2136 §2.4.2); their TTL is not looked at.
    private mutating func require(_ set: RRset) {
        prerequisites += set.rdata.map {
            MessageRecord(owner: set.owner, type: set.type, ttlSeconds: 0, rdata: $0)
        }
    }

    /// No such RRset is there (RFC 2136 §2.4.3).
    private static func isAbsent(_ type: RRType, at owner: Name) -> MessageRecord {
        MessageRecord(owner: owner, type: type, recordClass: .none, ttlSeconds: 0, rdata: [])
    }

    private mutating func remove(_ type: RRType, of owner: Name) {
        updates.append(MessageRecord(owner: owner, type: type, recordClass: .any, ttlSeconds: 0, rdata: []))
    }

    private mutating func add(_ set: RRset, to owner: Name) {
        updates += set.rdata.map {
            MessageRecord(owner: owner, type: set.type, ttlSeconds: set.ttlSeconds, rdata: $0)
        }
    }
}

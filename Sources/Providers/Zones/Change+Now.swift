import DNS

extension Change {
    /// What has to be done seen from what is there at this moment, for a driver that reads before it writes. Throws `conflict` for a type that has become neither what was
    /// read nor what is wished.
    func steps(over now: [HeldSet]) throws(ProviderError) -> [Step] {
        for type in types {
            let found = now.first { $0.rrset.type == type }
            let read = before.first { $0.rrset.type == type }
            let wished = after.first { $0.type == type }
            guard !isSame(found, read?.rrset), !isSame(found, wished) else { continue }
            let values = found?.rrset.valueTexts.joined(separator: ", ") ?? "not there"
            throw .conflict(words: "\(type) is \(values) meanwhile")
        }
        var current = self
        current.before = now.filter { types.contains($0.rrset.type) }
        return current.stepsToSend
    }

    /// What differs; and if the change is forced, what is there already as well.
    var stepsToSend: [Step] {
        guard isForced else { return steps() }
        return types.compactMap { type in
            let held = before.first { $0.rrset.type == type }
            let wished = after.first { $0.type == type }
            switch (held, wished) {
            case (nil, let wished?): return .create(wished)
            case (let held?, nil): return .remove(held)
            case (let held?, let wished?): return .replace(held, by: wished)
            case (nil, nil): return nil
            }
        }
    }

    private func isSame(_ held: HeldSet?, _ set: RRset?) -> Bool {
        switch (held, set) {
        case (nil, nil): true
        case (let held?, let set?): held.isAs(set)
        default: false
        }
    }
}

extension [Change.Step] {
    /// `A 192.0.2.1, AAAA removed`, or that nothing was to be done.
    var summary: String {
        isEmpty
            ? "nothing to change"
            : map { step in
                switch step {
                case .create(let set), .replace(_, let set):
                    "\(set.type) \(set.valueTexts.joined(separator: " "))"
                case .remove(let held): "\(held.rrset.type) removed"
                }
            }.joined(separator: ", ")
    }
}

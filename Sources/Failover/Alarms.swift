/// What is to be looked at again, and when: the earliest first, one alarm per owner.
struct Alarms: Hashable, Sendable {
    /// An indicator or a scheme by its place in the engine.
    enum Owner: Hashable, Sendable {
        case indicator(Int)
        case scheme(Int)
    }

    private struct Alarm: Hashable {
        var at: Instant
        var owner: Owner

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.owner.kind, left.owner.index) < (right.at, right.owner.kind, right.owner.index)
        }
    }

    private var alarms: [Alarm] = []

    var earliest: Instant? { alarms.first?.at }

    /// Moves an owner's alarm.
    mutating func move(_ owner: Owner, from old: Instant?, to new: Instant?) {
        guard old != new else { return }
        if let old {
            let alarm = Alarm(at: old, owner: owner)
            let index = place(of: alarm)
            if index < alarms.endIndex, alarms[index] == alarm { alarms.remove(at: index) }
        }
        if let new {
            let alarm = Alarm(at: new, owner: owner)
            alarms.insert(alarm, at: place(of: alarm))
        }
    }

    /// Takes everything out that is due, the earliest first.
    mutating func takeDue(at now: Instant) -> [Owner] {
        let count = alarms.firstIndex { now < $0.at } ?? alarms.endIndex
        defer { alarms.removeFirst(count) }
        return alarms.prefix(count).map(\.owner)
    }

    private func place(of alarm: Alarm) -> Int {
        var low = alarms.startIndex
        var high = alarms.endIndex
        while low < high {
            let middle = (low + high) / 2
            if alarms[middle] < alarm { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Alarms.Owner {
    /// Indicators come before schemes.
    fileprivate var kind: Int {
        switch self {
        case .indicator: 0
        case .scheme: 1
        }
    }

    fileprivate var index: Int {
        switch self {
        case .indicator(let index), .scheme(let index): index
        }
    }
}

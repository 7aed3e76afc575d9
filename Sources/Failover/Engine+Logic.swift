/// Indicators that are worked out from others: when an input has changed, in the same event, before any scheme is
/// weighed. What comes of it counts like the probe of any other indicator.
extension Engine {
    /// Finds out who reads whom. `logicOrder`: each after those that it reads.
    mutating func connectLogic() {
        logicOrder = []
        for index in indicatorTracks.indices { indicatorTracks[index].readers = [] }
        let readers = indicatorTracks.indices.filter { indicatorTracks[$0].indicator.logic != nil }
        for reader in readers {
            for name in indicatorTracks[reader].indicator.logic?.inputs ?? [] {
                guard let input = place(of: name) else {
                    preconditionFailure(
                        "\(indicatorTracks[reader].indicator.name) reads \(name), which is no indicator")
                }
                indicatorTracks[input].readers.append(reader)
            }
        }
        var missing = readers.map { reader in
            (indicatorTracks[reader].indicator.logic?.inputs ?? []).count { name in
                place(of: name).map { indicatorTracks[$0].indicator.logic != nil } ?? false
            }
        }
        var ready = readers.indices.filter { missing[$0] == 0 }
        while let next = ready.first {
            ready.removeFirst()
            logicOrder.append(readers[next])
            for reader in indicatorTracks[readers[next]].readers {
                guard let place = readers.place(of: reader) else { continue }
                missing[place] -= 1
                if missing[place] == 0 { ready.append(place) }
            }
            ready.sort()
        }
        precondition(logicOrder.count == readers.count, "logic goes in a circle")
        let used = readers.flatMap { indicatorTracks[$0].indicator.logic?.leaves ?? [] }
        windows.removeAll { !used.contains(.window($0.name)) }
        stale = logicOrder
    }

    /// Has whoever reads this indicator worked out anew.
    mutating func turned(_ index: Int) {
        due += indicatorTracks[index].schemes
        stale += indicatorTracks[index].readers
    }

    mutating func windowTurned(_ name: String, isOpen: Bool) {
        let place = windows.firstIndex { $0.name >= name } ?? windows.endIndex
        if place < windows.endIndex, windows[place].name == name {
            guard windows[place].isOpen != isOpen else { return }
            windows[place].isOpen = isOpen
        } else {
            windows.insert((name, isOpen), at: place)
        }
        stale += logicOrder.filter { indicatorTracks[$0].indicator.logic?.leaves.contains(.window(name)) ?? false }
    }

    mutating func workOut(at now: Instant, into effects: inout Effects) {
        guard !stale.isEmpty else { return }
        for index in logicOrder where stale.contains(index) {
            let indicator = indicatorTracks[index].indicator
            guard !indicator.isDisabled, let logic = indicator.logic else { continue }
            guard let value = logic.value({ self.value(of: $0) }) else {
                _ = indicatorTracks[index].recover(false, at: now)
                moveAlarm(ofIndicator: index)
                continue
            }
            let wait = indicatorTracks[index].recover(value, at: now)
            moveAlarm(ofIndicator: index)
            guard let wait else { continue }
            let since = wait == .zero ? "" : " for \(wait.components.seconds) s"
            let probe = Probe(value ? .success : .failure, reason: words(logic, value, since))
            count(probe, at: index, at: now, into: &effects)
        }
        stale = []
    }

    private func value(of leaf: Logic) -> Bool? {
        switch leaf {
        case .indicator(let name):
            guard let index = place(of: name) else { return nil }
            let effective = indicatorTracks[index].effective
            if effective.unusableBecause == .maintenance || effective.unusableBecause == .disabled { return nil }
            return switch effective.effective {
            case .ok: true
            case .err: false
            case .unknown: nil
            }
        case .window(let name): return windows.first { $0.name == name }?.isOpen
        case .all, .any, .atLeast, .not: return nil
        }
    }

    private static let mostTold = 8

    /// `true, as a is ok, b is err`.
    private func words(_ logic: Logic, _ value: Bool, _ since: String) -> String {
        let leaves = logic.leaves
        if leaves.isEmpty { return "always \(value)" }
        let told = leaves.prefix(Self.mostTold).map { leaf in
            let value = self.value(of: leaf)
            switch leaf {
            case .window(let name): return value == true ? "it is \(name)" : "it is not \(name)"
            case .indicator(let name): return "\(name) is \(value.map { $0 ? "ok" : "err" } ?? "unknown")"
            case .all, .any, .atLeast, .not: return ""
            }
        }
        let more = leaves.count > told.count ? " and \(leaves.count - told.count) more" : ""
        return "\(value)\(since), as \(told.joined(separator: ", "))\(more)"
    }
}

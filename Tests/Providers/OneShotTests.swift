import Addresses
import Providers
import Testing

/// The steps of the one shot, all of their branches.
@Suite struct OneShotTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let current: String
        let alive: String
        let expected: String
        /// The steps that were said, in order.
        let steps: [Int]
        let reason: String
        var isStrict = false
        var testDescription: String { reason }
    }

    @Test(arguments: [
        Row(current: "M", alive: "MB", expected: "keep", steps: [1, 2, 3], reason: "MAIN works and is set"),
        Row(current: "M", alive: "M", expected: "keep", steps: [1, 2, 3], reason: "whatever BACKUP does"),
        Row(
            current: "B", alive: "B", expected: "keep", steps: [1, 2, 3, 4], reason: "BACKUP serves while MAIN is dead"),
        Row(current: "B", alive: "MB", expected: "M", steps: [1, 2, 3, 4, 5], reason: "MAIN is back"),
        Row(current: "X", alive: "X", expected: "keep", steps: [1, 2, 3, 4], reason: "a stranger that works stays"),
        Row(
            current: "X", alive: "XM", expected: "M", steps: [1, 2, 3, 4, 5], reason: "MAIN is better than a stranger"),
        Row(current: "M", alive: "B", expected: "B", steps: [1, 2, 6, 7, 8], reason: "MAIN died"),
        Row(current: "M", alive: "", expected: "nothing", steps: [1, 2, 6, 7, 7], reason: "both are dead"),
        Row(current: "B", alive: "M", expected: "M", steps: [1, 2, 6, 7, 8], reason: "BACKUP died, MAIN works"),
        Row(current: "B", alive: "", expected: "nothing", steps: [1, 2, 6, 7, 7], reason: "both are dead, on BACKUP"),
        Row(
            current: "X", alive: "MB", expected: "B", steps: [1, 2, 6, 7, 8],
            reason: "a dead stranger gives way to BACKUP"),
        Row(
            current: "X", alive: "M", expected: "M", steps: [1, 2, 6, 7, 6, 7, 8],
            reason: "a dead stranger and a dead BACKUP: MAIN is tried too"),
        Row(
            current: "X", alive: "M", expected: "nothing", steps: [1, 2, 6, 7, 7],
            reason: "but not if that is to be left out", isStrict: true),
        Row(
            current: "", alive: "MB", expected: "B", steps: [1, 2, 6, 7, 8],
            reason: "no record counts as a dead stranger"),
        Row(current: "", alive: "", expected: "nothing", steps: [1, 2, 6, 7, 6, 7, 7], reason: "nothing at all"),
    ])
    func `each branch ends as the steps say`(row: Row) async {
        let shot = OneShot(main: [address("M")], backups: [[address("B")]], isStrict: row.isStrict)
        var steps: [Int] = []
        let verdict = await shot.decide(
            current: row.current.isEmpty ? [] : [address(row.current)],
            isAccessible: { list in list.allSatisfy { alive in row.alive.contains { address(String($0)) == alive } } },
            say: { steps.append($0.step) })
        #expect(verdict == expected(row.expected))
        #expect(steps == row.steps)
    }

    @Test func `several backups are tried in their order, and from one of them MAIN comes first`() async {
        let shot = OneShot(main: [address("M")], backups: [[address("B")], [address("C")], [address("D")]])
        #expect(await verdict(of: shot, current: "M", alive: "CD") == .set([address("C")]))
        #expect(await verdict(of: shot, current: "C", alive: "MBD") == .set([address("M")]))
        #expect(await verdict(of: shot, current: "C", alive: "BD") == .set([address("B")]))
        #expect(await verdict(of: shot, current: "C", alive: "D") == .set([address("D")]))
        #expect(await verdict(of: shot, current: "X", alive: "D") == .set([address("D")]))
    }

    @Test func `a value of several addresses is accessible if each of them is`() async {
        let pair = [address("M"), address("N")]
        let shot = OneShot(main: pair, backups: [[address("B")]])
        var asked: [[IPAddress]] = []
        let verdict = await shot.decide(
            current: pair.reversed(),
            isAccessible: {
                asked.append($0); return $0 == [address("B")]
            }, say: { _ in })
        #expect(verdict == .set([address("B")]))
        #expect(asked.first == pair.reversed(), "their order makes no other value")
    }

    @Test(arguments: ["", "M", "B", "X"], [true, false])
    func `in no state of the world is a dead address set, nor a working one left for a worse`(
        current: String, isStrict: Bool
    ) async {
        let all = ["M", "B", "C", "X"]
        for mask in 0..<16 {
            let alive = all.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element).joined()
            let shot = OneShot(
                main: [address("M")], backups: [[address("B")], [address("C")]], isStrict: isStrict)
            switch await verdict(of: shot, current: current, alive: alive) {
            case .set(let values):
                #expect(values.allSatisfy { value in alive.contains { address(String($0)) == value } }, "\(alive)")
                #expect(values != [address(current.isEmpty ? "Z" : current)], "a change changes something: \(alive)")
                if !current.isEmpty, alive.contains(current) { #expect(values == [address("M")], "\(alive)") }
            case .keep: #expect(alive.contains(current) && !current.isEmpty, "\(alive)")
            case .nothingAccessible: #expect(current.isEmpty || !alive.contains(current), "\(alive)")
            }
        }
    }

    private func verdict(of shot: OneShot, current: String, alive: String) async -> OneShot.Verdict {
        await shot.decide(
            current: current.isEmpty ? [] : [address(current)],
            isAccessible: { list in list.allSatisfy { value in alive.contains { address(String($0)) == value } } },
            say: { _ in })
    }

    private func address(_ letter: String) -> IPAddress {
        .v4(IPv4Address(bits: 0xC000_0200 + UInt32(letter.unicodeScalars.first?.value ?? 0)))
    }

    private func expected(_ word: String) -> OneShot.Verdict {
        switch word {
        case "keep": .keep
        case "nothing": .nothingAccessible
        default: .set([address(word)])
        }
    }
}

/// Stage 0: asks whether it is us. While most of the reference targets fail, what we see of all others says nothing
/// about them.
struct VantageDoubt: Sendable {
    private struct Reference {
        let name: IndicatorName
        var isFailing = false
        var heardAt: Instant?
    }

    /// Sorted by name.
    private var references: [Reference] = []
    private(set) var isDoubting = false

    var isWatched: Bool { !references.isEmpty }
    var names: [IndicatorName] { references.map(\.name) }
    var failing: Int { references.count { $0.isFailing } }
    var count: Int { references.count }

    /// Puts the references of a new revision into force; those that stay keep what is known of them.
    mutating func configure(_ names: [IndicatorName]) {
        references = names.map { name in
            references.first { $0.name == name } ?? Reference(name: name)
        }
        isDoubting = failing * 2 > count
    }

    func isReference(_ name: IndicatorName) -> Bool { references.contains { $0.name == name } }

    /// Takes one probe of a reference in. Returns true if the doubt began or ended.
    mutating func hear(_ name: IndicatorName, _ outcome: Probe.Outcome, at now: Instant) -> Bool {
        guard let index = references.firstIndex(where: { $0.name == name }) else { return false }
        references[index].isFailing = outcome == .failure
        references[index].heardAt = now
        let was = isDoubting
        isDoubting = failing * 2 > count
        return was != isDoubting
    }

    /// Those that have not been heard since.
    func unheard(since instant: Instant) -> [IndicatorName] {
        references.filter { $0.heardAt.map { $0 < instant } ?? true }.map(\.name)
    }
}

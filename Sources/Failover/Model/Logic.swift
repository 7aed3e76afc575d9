/// An expression over other indicators and over the time of day: what an indicator is that nobody probes.
///
/// Its values are true, false and not known (Kleene's logic): what is not known decides nothing that is settled
/// without it. `all(a, b)` is false as soon as `a` is, whatever becomes of `b`.
package indirect enum Logic: Hashable, Sendable {
    /// True while it is ok, false while it is err. Not known while it has no state, is in maintenance or disabled.
    case indicator(IndicatorName)
    /// A time window, by its name. The engine has no calendar: the shell says when it opens and closes.
    case window(String)
    case all([Logic])
    case any([Logic])
    /// At least so many of them, ≥ 1.
    case atLeast(Int, of: [Logic])
    case not(Logic)

    /// What it comes to; nil while that is not known.
    package func value(_ leaf: (Logic) -> Bool?) -> Bool? {
        switch self {
        case .indicator, .window: return leaf(self)
        case .not(let inner): return inner.value(leaf).map { !$0 }
        case .all(let parts): return Self.count(parts, leaf).falses > 0 ? false : Self.settled(parts, parts.count, leaf)
        case .any(let parts): return Self.settled(parts, 1, leaf)
        case .atLeast(let number, let parts): return Self.settled(parts, number, leaf)
        }
    }

    private static func settled(_ parts: [Logic], _ number: Int, _ leaf: (Logic) -> Bool?) -> Bool? {
        let (trues, falses) = count(parts, leaf)
        if trues >= number { return true }
        return parts.count - falses < number ? false : nil
    }

    private static func count(_ parts: [Logic], _ leaf: (Logic) -> Bool?) -> (trues: Int, falses: Int) {
        var (trues, falses) = (0, 0)
        for part in parts {
            switch part.value(leaf) {
            case true?: trues += 1
            case false?: falses += 1
            case nil: break
            }
        }
        return (trues, falses)
    }

    /// Its indicators and windows, each once, in the order in which they are written.
    package var leaves: [Logic] {
        var found: [Logic] = []
        collect(into: &found)
        return found
    }

    private func collect(into found: inout [Logic]) {
        switch self {
        case .indicator, .window: if !found.contains(self) { found.append(self) }
        case .not(let inner): inner.collect(into: &found)
        case .all(let parts), .any(let parts), .atLeast(_, let parts):
            for part in parts { part.collect(into: &found) }
        }
    }

    /// The indicators it is made from, each once.
    package var inputs: [IndicatorName] {
        leaves.compactMap { if case .indicator(let name) = $0 { name } else { nil } }
    }
}

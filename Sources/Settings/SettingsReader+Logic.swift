import Checks
import Failover

/// Indicators that are worked out from others, and the token for those that are reported.
extension SettingsReader {
    /// Every indicator that logic is made from exists, and none is made from itself, by whatever way.
    mutating func checkLogic(of indicators: [ReadIndicator]) {
        var inputs: [IndicatorName: [IndicatorName]] = [:]
        for item in indicators { inputs[item.indicator.name] = item.indicator.logic?.inputs ?? [] }
        let names = indicators.map(\.indicator.name.text).sorted()
        var told: Set<IndicatorName> = []
        for item in indicators where item.indicator.logic != nil {
            let name = item.indicator.name
            guard let place = item.fields["expression"] else { continue }
            for input in inputs[name] ?? [] where inputs[input] == nil {
                reportMissing(input.text, place, "is not an indicator", among: names.filter { $0 != name.text })
            }
            guard !told.contains(name), let chain = circle(from: name, inputs) else { continue }
            told.formUnion(chain)
            let words = (chain + [name]).map(\.text).joined(separator: " → ")
            report(place, "goes in a circle: \(words)", "logic over indicators that are known without it")
        }
    }

    /// The shortest way from an indicator back to itself; nil if there is none.
    private func circle(
        from start: IndicatorName, _ inputs: [IndicatorName: [IndicatorName]]
    ) -> [IndicatorName]? {
        var ways = [[start]][...]
        var seen: Set<IndicatorName> = []
        while let way = ways.popFirst() {
            for input in way.last.flatMap({ inputs[$0] }) ?? [] {
                if input == start { return way }
                if seen.insert(input).inserted { ways.append(way + [input]) }
            }
        }
        return nil
    }

    /// Where checks must not go.
    mutating func readChecks(_ entry: Entry?) -> AddressBan {
        var ban = AddressBan()
        let fields = fields(of: entry, allowed: SettingsKeys.checks)
        for item in fields["forbid"].map({ items(of: $0) }) ?? [] {
            guard let word = text(of: item) else { continue }
            if !ban.forbid(word) {
                let kinds = AddressBan.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                report(item, value: word, "is nothing that can be forbidden", "\(kinds), or ADDRESS/LENGTH")
            }
        }
        return ban
    }

    /// The token with which any client may report.
    mutating func readReports(_ entry: Entry?) -> ReportToken? {
        let fields = fields(of: entry, allowed: SettingsKeys.reports)
        guard let place = fields["token"], let reference = text(of: place) else { return nil }
        switch ReportToken.read(reference) {
        case .success(let token): return token
        case .failure(let fault):
            report(place, value: fault.mayBeTheSecret ? "…" : reference, fault.problem, ReportTokenFault.form)
            return nil
        }
    }
}

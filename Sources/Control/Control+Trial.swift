import Checks
import Failover

/// What a check that is not configured yet would find.
package struct TrialReport: Codable, Hashable, Sendable {
    package var isSuccess: Bool
    /// What was found, or what is wrong with the check itself.
    package var reason: String
    package var milliseconds: Double
    /// What is wrong with the arguments, each in one line; empty if the check could be tried.
    package var problems: [String]
}

extension Control {
    /// How long a trial may take.
    private static var trialTimeout: Duration { .seconds(5) }

    /// Makes a check and probes once, without configuring anything.
    ///
    /// - Parameter arguments: as in the file, without `check`.
    package func trial(method: String, arguments: [String: String]) async -> TrialReport {
        do {
            let check = try CheckMethod.make(method: method, arguments: CheckArguments(arguments, forbidden: forbidden))
            let result = await check.probe(timeout: Self.trialTimeout, on: group)
            return TrialReport(
                isSuccess: result.isSuccess, reason: result.reason, milliseconds: result.phases.total.milliseconds,
                problems: [])
        } catch {
            let problems = error.errors.map { error in
                let value = error.value.map { " \"\($0)\"" } ?? ""
                let advice = error.expected.isEmpty ? "" : ": \(error.expected)"
                return "\(error.key)\(value) \(error.problem)\(advice)"
            }
            return TrialReport(
                isSuccess: false, reason: problems.first ?? "", milliseconds: 0, problems: problems)
        }
    }
}

extension ControlInterface {
    package func trial(method: String, arguments: [String: String]) async -> TrialReport {
        TrialReport(isSuccess: false, reason: "", milliseconds: 0, problems: ["this server tries no checks"])
    }
}

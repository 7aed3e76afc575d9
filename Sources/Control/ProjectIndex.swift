import Settings
import Synchronization

/// Which projects something belongs to: found out by their patterns once for each name, and then remembered. A page of
/// thousands asks it thousands of times.
final class ProjectIndex: Sendable {
    private struct Found {
        var schemes: [String: [String]] = [:]
        var indicators: [String: [String]] = [:]
    }

    /// Names that are asked for need not exist: beyond so many nothing is remembered.
    private static let capacity = 200_000

    let projects: [Project]
    private let found = Mutex(Found())

    init(_ projects: [Project] = []) { self.projects = projects }

    func names(ofScheme name: String) -> [String] { names(of: name, \.schemes) { $0.has(scheme: name) } }
    func names(ofIndicator name: String) -> [String] { names(of: name, \.indicators) { $0.has(indicator: name) } }

    private func names(
        of name: String, _ kind: WritableKeyPath<Found, [String: [String]]>, _ isIn: (Project) -> Bool
    ) -> [String] {
        if projects.isEmpty { return [] }
        if let known = found.withLock({ $0[keyPath: kind][name] }) { return known }
        let names = projects.filter(isIn).map(\.name)
        found.withLock { found in
            if found[keyPath: kind].count < Self.capacity { found[keyPath: kind][name] = names }
        }
        return names
    }
}

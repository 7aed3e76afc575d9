import Control

extension LinesReport {
    /// What somebody may look at of it who has a role in some projects only: the services and hosts that belong to these,
    /// and how the lines are by which they are reached. How a line is tested, and the rules in force, are for those who
    /// look after the whole server.
    func limited(to scope: Scope, of model: any ReadModel) -> LinesReport {
        if scope.seesAll { return self }
        var report = LinesReport(at: at)
        report.services = services.filter { scope.sees(model.projects(ofScheme: $0.name)) }
        report.hosts = hosts.filter { scope.sees(model.projects(ofScheme: $0.name)) }
        let names = Set(report.services.map(\.name))
        report.forwarding = forwarding.filter { names.contains($0.name) }
        let used = Set(report.services.flatMap(\.lines) + report.hosts.flatMap { $0.lines.map(\.line) })
        report.lines = lines.filter { used.contains($0.name) }.map { line in
            var line = line
            if !scope.sees(model.projects(ofIndicator: line.indicator)) {
                line.testPoints = []
                line.interface = nil
                line.sources = []
            }
            return line
        }
        return report
    }
}

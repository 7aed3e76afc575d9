import Failover
import Testing

/// Why a decision was made: its causes must tell the whole way, in order and with times.
@Suite struct CausesTests {
    /// Plays a story and returns the last decision's timeline, a line per cause.
    private func timeline(_ text: String) throws -> [String] {
        var world = ScenarioWorld(try Scenario(text))
        try world.play()
        guard let decision = world.engine.schemes.first?.decision else { return [] }
        return decision.timeline.map { "\(Scenario.clock($0.at)) \(words($0.cause))" }
    }

    private func words(_ cause: Cause) -> String {
        switch cause {
        case .probes(let name, let records): "\(name) \(text(records.map(\.probe.outcome)))"
        case .verdict(let name, let vantage, let state, let streak, let threshold):
            "\(name) from \(vantage) \(state.rawValue) \(streak)/\(threshold)"
        case .state(let name, let state, let agreeing, let all): "\(name) is \(state.rawValue) \(agreeing)/\(all)"
        case .recalled(let since): "recalled \(Scenario.clock(since))"
        case .overridden(let override): "begins \(name(override.action))"
        case .overrideEnded(let override): "ends \(name(override.action))"
        case .selection(let candidates, let rule):
            "select \(candidates.map { "\($0.indicator)\($0.isUsable ? "✓" : "✗")" }.joined(separator: " ")) \(name(rule))"
        case .guarded(let held): "guard \(name(held))"
        }
    }

    private func name(_ rule: Rule) -> String {
        switch rule {
        case .highestTier(let priority): "tier \(priority.level)"
        case .pinned(let member): "pinned \(member)"
        case .allDown: "all down"
        case .noVerdictYet: "no verdict"
        case .configured: "configured"
        }
    }

    private func name(_ held: Guard) -> String {
        switch held {
        case .failbackHeld(let until, _): "until \(Scenario.clock(until))"
        case .failbackManual: "manual"
        case .massFailure: "brake"
        case .vantageDoubted: "in doubt"
        case .paused: "paused"
        case .passed: "passed"
        }
    }

    private func name(_ action: Override.Action) -> String {
        switch action {
        case .maintenance(let name): "maintenance \(name)"
        case .force(let name, let state): "force \(name) \(state.rawValue)"
        case .pin(_, let name): "pin \(name)"
        case .drain(let name): "drain \(name)"
        case .window(let name): "window \(name)"
        case .pause: "pause"
        case .silence: "silence"
        case .clear, .closeWindow, .unpin, .unsilence, .failBack: "order"
        }
    }

    private static let two = "member charlie 100\nmember echo 95\n0:00:00 => charlie\n"

    @Test func `a failover is told from the first failed probe to the decision`() throws {
        #expect(
            try timeline(Self.two + "0:05:00 charlie says ✗✓✗✗✗\n0:06:00 end") == [
                "0:00:00 echo ✓", "0:00:00 echo from local ok 1/1", "0:00:00 echo is ok 1/1",
                "0:05:00 charlie ✗✓✗✗", "0:05:06 charlie from local err 3/3", "0:05:06 charlie is err 1/1",
                "0:05:06 select charlie✗ echo✓ tier 95", "0:05:06 guard passed",
            ])
    }

    @Test func `an earlier failure of a better member is told with its own times`() throws {
        #expect(
            try timeline(
                Self.two + "member bravo 85\n0:05:00 charlie down\n0:30:00 echo down\n0:31:00 end") == [
                    "0:00:00 bravo ✓", "0:00:00 bravo from local ok 1/1", "0:00:00 bravo is ok 1/1",
                    "0:05:00 charlie ✗✗✗", "0:05:04 charlie from local err 3/3", "0:05:04 charlie is err 1/1",
                    "0:30:00 echo ✗✗✗", "0:30:04 echo from local err 3/3", "0:30:04 echo is err 1/1",
                    "0:30:04 select charlie✗ echo✗ bravo✓ tier 85", "0:30:04 guard passed",
                ])
    }

    @Test func `a failback is told with the recovery before its wait`() throws {
        let lines = try timeline(Self.two + "0:05:00 charlie down\n0:06:00 charlie up\n0:08:00 end")
        #expect(
            lines == [
                "0:06:00 charlie ✓✓✓✓✓", "0:06:08 charlie from local ok 5/5", "0:06:08 charlie is ok 1/1",
                "0:07:08 select charlie✓ echo✓ tier 100", "0:07:08 guard passed",
            ])
    }

    @Test func `what is held back stands in the decision that was made meanwhile`() throws {
        let lines = try timeline(
            """
            member charlie 100
            member echo 95
            member bravo 95
            0:05:00 charlie down
            0:06:00 charlie up
            0:06:20 bravo down
            0:06:30 end
            """)
        #expect(lines.suffix(2) == ["0:06:24 select charlie✓ echo✓ bravo✗ tier 95", "0:06:24 guard until 0:07:08"])
    }

    @Test func `an operator's word comes first, then what the members are`() throws {
        #expect(
            try timeline(Self.two + "0:05:00 charlie maintenance\n0:06:00 end") == [
                "0:05:00 begins maintenance charlie",
                "0:00:00 charlie ✓", "0:00:00 charlie from local ok 1/1", "0:00:00 charlie is ok 1/1",
                "0:00:00 echo ✓", "0:00:00 echo from local ok 1/1", "0:00:00 echo is ok 1/1",
                "0:05:00 select charlie✗ echo✓ tier 95", "0:05:00 guard passed",
            ])
    }

    @Test func `an older override is told with the member it concerns`() throws {
        #expect(
            try timeline(Self.two + "member bravo 85\n0:05:00 charlie maintenance\n0:07:00 echo force err\n0:08:00 end")
                .filter { $0.contains("begins") } == [
                    "0:07:00 begins force echo err", "0:05:00 begins maintenance charlie",
                ])
    }

    @Test func `the end of an override is told as the cause of what follows it`() throws {
        let lines = try timeline(Self.two + "0:05:00 charlie maintenance for 10m\n0:20:00 end")
        #expect(lines.first == "0:15:00 ends maintenance charlie")
        #expect(lines.last == "0:15:00 guard passed")
    }

    @Test func `a new revision is told as the cause`() throws {
        let lines = try timeline(Self.two + "0:05:00 charlie disable\n0:06:00 end")
        #expect(lines.first == "0:05:00 select  configured")
        #expect(lines.suffix(2) == ["0:05:00 select charlie✗ echo✓ tier 95", "0:05:00 guard passed"])
    }

    @Test func `a pin is told, and its end`() throws {
        let pinned = try timeline(Self.two + "0:05:00 echo pin for 10m\n0:06:00 end")
        #expect(pinned.first == "0:05:00 begins pin echo")
        #expect(pinned.contains("0:05:00 select charlie✓ echo✓ pinned echo"))
        let after = try timeline(Self.two + "0:05:00 echo pin for 10m\n0:20:00 end")
        #expect(after.first == "0:15:00 ends pin echo")
    }

    @Test func `without any verdict the probes so far are told`() throws {
        let lines = try timeline("member charlie 100\n0:00:00 charlie says ✗\n0:00:01 charlie lost\n0:20:00 end")
        #expect(
            lines == [
                "0:00:00 charlie ✗", "0:00:00 charlie is unknown 1/1",
                "0:00:31 select charlie✗ all down", "0:00:31 guard passed",
            ])
    }
}

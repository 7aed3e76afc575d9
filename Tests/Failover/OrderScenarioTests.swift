import Testing

@testable import Failover

/// What operators impose, told as stories (see `ScenarioTests`).
@Suite struct OrderScenarioTests {
    private static let cats = """
        failback=immediate
        member charlie 100
        member echo 95

        """

    @Test func `a drained member gives way at once, serves alone if it must, and comes back by itself`() throws {
        try check(
            Self.cats + """
                0:00:00  => charlie
                0:01:00  charlie drain for 600s
                0:01:00  => echo
                0:02:00  echo down
                0:02:04  => charlie    # better than nothing
                0:03:00  echo up
                0:03:08  => echo       # and not held back, whatever failback says
                0:11:00  -- charlie drain
                0:11:00  => charlie
                0:12:00  end
                """)
    }

    @Test func `whoever takes over from a drained member does not wait for failback`() throws {
        try check(
            """
            member charlie 100
            member echo 200
            0:00:00  => echo
            0:01:00  echo down
            0:01:04  => charlie
            0:02:00  echo up
            0:02:04  charlie drain
            0:02:08  => echo
            0:03:00  end
            """)
    }

    @Test func `a drained member that fails is as down as any`() throws {
        try check(
            Self.cats + """
                all-down=hold
                0:00:00  => charlie
                0:01:00  charlie drain
                0:01:00  => echo
                0:02:00  all down
                0:02:04  => all down: echo
                0:02:04  !! all down
                0:03:00  end
                """)
    }

    @Test func `a paused scheme keeps its answer until the pause ends by itself`() throws {
        try check(
            Self.cats + """
                0:00:00  => charlie
                0:01:00  pause for 600s
                0:01:00  ~~ paused
                0:02:00  charlie down
                0:05:00  echo down
                0:06:00  echo up
                0:11:00  -- pause
                0:11:00  => echo
                0:12:00  end
                """)
    }

    @Test func `a pause takes the place of a pin, and a pin that of a pause`() throws {
        try check(
            Self.cats + """
                0:00:00  => charlie
                0:01:00  echo pin for 600s
                0:01:00  => pinned echo
                0:02:00  pause for 600s
                0:02:00  -- echo pin
                0:02:00  ~~ paused
                0:03:00  charlie pin
                0:03:00  -- pause
                0:03:00  => pinned charlie
                0:04:00  end
                """)
    }

    @Test func `a scheme that is paused before its first answer gets one`() throws {
        try check(
            Self.cats + """
                0:00:00  pause for 600s
                0:00:00  => charlie
                0:00:00  ~~ paused
                0:01:00  end
                """)
    }

    @Test func `a planned maintenance counts while nobody has said anything else`() throws {
        try check(
            Self.cats + """
                0:00:00  => charlie
                0:01:00  charlie window for 600s
                0:01:00  => echo
                0:02:00  charlie force ok for 60s
                0:02:00  => charlie
                0:03:00  -- charlie force ok
                0:03:00  => echo       # the window is still open
                0:11:00  -- charlie window
                0:11:00  => charlie
                0:12:00  end
                """)
    }

    @Test func `nobody is told of what is silenced, and every answer is as before`() throws {
        try check(
            Self.cats + """
                all-down=hold
                0:00:00  => charlie
                0:01:00  hush for 600s
                0:01:00  charlie silence for 60s
                0:02:00  -- charlie silence
                0:02:00  all down
                0:02:04  => echo
                0:02:04  => all down: echo
                0:03:00  all up
                0:03:08  => charlie
                0:11:00  -- silence
                0:12:00  all down
                0:12:04  => echo
                0:12:04  => all down: echo
                0:12:04  !! all down
                0:13:00  end
                """)
    }

    @Test func `what was imposed outlives the process`() {
        let (a, b) = (IndicatorName("a"), IndicatorName("b"))
        var scheme = Scheme(name: SchemeName("s.example.test"))
        scheme.members = [a, b].map { Member(indicator: $0, values: [.v4(.init(bits: 1))], priority: .primary) }
        let configuration = Configuration(
            indicators: [Indicator(name: a), Indicator(name: b)], schemes: [scheme])
        let overrides = [
            Override(.drain(a), author: "anna"), Override(.window(a), author: "plan", until: .at(100)),
            Override(.silence(.indicator(b)), author: "anna", until: .at(30)),
            Override(.pause(scheme.name), author: "anna"), Override(.silence(.scheme(scheme.name)), author: "anna"),
        ]
        var engine = Engine(remembering: Memory(overrides: overrides))
        let effects = engine.handle(.configured(configuration), at: .at(10))
        #expect(effects.contains(.wake(at: .at(30))))
        #expect(engine.status(of: a)?.override == overrides[0] && engine.status(of: a)?.window == overrides[1])
        #expect(engine.status(of: b)?.silence == overrides[2])
        #expect(engine.status(of: scheme.name)?.pin == overrides[3])
        #expect(engine.status(of: scheme.name)?.silence == overrides[4])
        // A new revision without them ends them, and says so.
        let gone = engine.handle(.configured(Configuration()), at: .at(20))
        let ended = gone.compactMap { effect in
            if case .append(let entry) = effect, case .overrideEnded(let override) = entry.what {
                override
            } else {
                nil
            }
        }
        #expect(Set(ended) == Set(overrides))
    }
}

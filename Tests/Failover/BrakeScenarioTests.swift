import Testing

/// Many failures at once, told as stories (see `ScenarioTests`).
@Suite struct BrakeScenarioTests {
    @Test func `more than half failing at once holds for one recheck and is told once`() throws {
        try check(
            "failback=immediate\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  charlie echo down
                0:05:04  => echo              # one of three is no mass failure
                0:05:04  ~~ brake until 0:05:06
                0:05:04  !! 2 of 3 failed
                0:05:06  => bravo
                0:30:00  end
                """)
    }

    @Test func `two of four is not more than half`() throws {
        try check(
            threeCats + """
                member delta 80
                0:00:00  => charlie
                0:05:00  charlie echo down
                0:05:04  => echo
                0:05:04  => bravo
                0:30:00  end
                """)
    }

    @Test func `without the brake nothing is held and nothing told`() throws {
        try check(
            "brake=off\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  charlie echo down
                0:05:04  => echo
                0:05:04  => bravo
                0:30:00  end
                """)
    }

    @Test func `failures further apart than an interval are no mass failure`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:05:20  echo down
                0:05:24  => bravo
                0:30:00  end
                """)
    }

    @Test func `an operator releases the brake`() throws {
        try check(
            "recheck=9s\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  charlie echo down
                0:05:18  => echo
                0:05:18  ~~ brake until 0:05:27
                0:05:18  !! 2 of 3 failed
                0:05:20  failback
                0:05:20  => bravo
                0:06:00  end
                """)
    }
}

import Testing

/// Whole stories, without sockets or sleeps. Unless they say otherwise: interval 10 s (probes at
/// :00, :10, …), recheck 2 s, fall 3, rise 5, forget 3.
@Suite struct ScenarioTests {
    @Test func `the cat site's hour goes from charlie to echo to bravo and back to charlie`() throws {
        try check(
            "failback=immediate\n" + threeCats + """
                0:00:00  all up
                0:00:00  => charlie
                0:20:00  charlie down
                0:20:04  => echo       # the third failure
                0:40:00  echo down
                0:40:04  => bravo
                1:00:00  charlie echo up
                1:00:08  => charlie    # the fifth success
                1:20:00  charlie down
                1:20:04  => echo
                1:30:00  end
                """)
    }

    @Test func `a server that flaps below the threshold changes nothing`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie says ✗✗✓✓✓✗✗✓✓✓✗✓✓✓
                0:30:00  end
                """)
    }

    @Test func `failures with too few successes between them add up`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie says ✗✓✗✓✓✗✗✗✗✗✗✗✗✗✗✗✗✗✗✗✗✗✗✗
                0:05:10  => echo       # at 0:05:00, :04 and :10
                0:05:40  end
                """)
    }

    @Test(arguments: [
        ("hold", "echo"),  // the last one that answered
        ("primary", "charlie"),
        ("all", "charlie+echo"),
        ("sorry:203.0.113.9", "203.0.113.9"),
        ("nodata", "nodata"),
        ("servfail", "servfail"),
    ])
    func `with nobody left the all-down rule answers, and the first to return takes over`(
        rule: String, answer: String
    ) throws {
        try check(
            """
            all-down=\(rule)
            member charlie 100
            member echo 95
            0:00:00  => charlie
            0:05:00  charlie down
            0:05:04  => echo
            0:10:00  echo down
            0:10:04  => all down: \(answer)
            0:10:04  !! all down
            0:20:00  echo up
            0:20:08  => echo
            0:30:00  end
            """)
    }

    @Test(arguments: [("hold", "charlie"), ("nodata", "nodata"), ("sorry:203.0.113.9", "203.0.113.9")])
    func `when all are down from the start the rule answers, and hold means the primaries`(
        rule: String, answer: String
    ) throws {
        try check(
            "all-down=\(rule)\n" + threeCats + """
                0:00:00  all down
                0:00:04  => all down: \(answer)
                0:00:04  !! all down
                0:01:00  bravo up
                0:01:08  => bravo
                0:02:00  charlie up
                0:02:08  ~~ until 0:03:08
                0:03:08  => charlie
                1:00:00  end
                """)
    }

    @Test func `a start with a dead primary answers the backup at once`() throws {
        try check(
            threeCats + """
                0:00:00  charlie down
                0:00:00  => echo
                0:10:00  end
                """)
    }

    @Test func `a start whose best probe is lost waits one timeout for it, and no failback delay later`() throws {
        try check(
            threeCats + """
                0:00:00  charlie lost
                0:00:05  => echo
                0:01:00  charlie up
                0:01:00  => charlie
                0:10:00  end
                """)
    }

    @Test func `a start without any probe result answers the primaries in the end`() throws {
        try check(
            threeCats + """
                0:00:00  all lost
                0:00:31  => all down: charlie   # an interval and three probes of 7 s
                0:00:31  !! all down
                0:10:00  end
                """)
    }

    @Test func `maintenance takes a member out at once and ends by itself`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie maintenance for 10m
                0:05:00  => echo
                0:15:00  -- charlie maintenance
                0:15:00  => charlie          # it was ok all the while: nothing to wait for
                1:00:00  end
                """)
    }

    @Test func `a server that dies in maintenance is not missed`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  echo maintenance for 10m
                0:06:00  echo down
                0:15:00  -- echo maintenance
                0:20:00  charlie down
                0:20:04  => bravo
                1:00:00  end
                """)
    }

    @Test func `a forced state counts instead of the real one until it is cleared`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie force err
                0:05:00  => echo
                0:06:00  charlie clear
                0:06:00  -- charlie force err
                0:06:00  => charlie
                0:10:00  charlie down
                0:10:04  => echo
                0:11:00  charlie force ok for 5m
                0:11:00  => charlie
                0:16:00  -- charlie force ok
                0:16:00  => echo
                1:00:00  end
                """)
    }

    @Test func `a pinned member answers whatever its state`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  bravo pin for 20m
                0:05:00  => pinned bravo
                0:06:00  bravo down
                0:10:00  bravo maintenance for 1m
                0:11:00  -- bravo maintenance
                0:25:00  -- bravo pin
                0:25:00  => charlie
                1:00:00  end
                """)
    }

    @Test func `under manual failback an unpinned scheme stays where it is`() throws {
        try check(
            "failback=manual\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  echo pin
                0:05:00  => pinned echo
                0:06:00  unpin
                0:06:00  -- echo pin
                0:06:00  ~~ until told
                0:06:00  => echo
                1:00:00  end
                """)
    }

    @Test func `several primaries answer together, and one that returns joins at once`() throws {
        try check(
            """
            member alpha 100
            member beta 100
            member gamma 90
            0:00:00  => alpha+beta
            0:05:00  alpha down
            0:05:04  => beta
            0:06:00  alpha up
            0:06:08  => alpha+beta
            0:30:00  end
            """)
    }

    @Test func `answers one stays with its member while that is usable`() throws {
        try check(
            """
            answers=one
            member alpha 100
            member beta 100
            member gamma 90
            0:00:00  => alpha
            0:05:00  alpha down
            0:05:04  => beta
            0:06:00  alpha up
            0:10:00  beta down
            0:10:04  => alpha
            0:30:00  end
            """)
    }

    @Test func `a new revision adds and removes members at once and keeps the rest`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  delta member 110
                0:05:00  => delta           # its first verdict is no failback
                0:10:00  delta leaves
                0:10:00  => charlie
                0:20:00  charlie disable
                0:20:00  => echo
                0:30:00  charlie enable
                0:30:00  => charlie
                0:40:00  charlie member 0   # disabled by its level
                0:40:00  => echo
                1:00:00  end
                """)
    }

    @Test func `what is held loses the members that leave and never the name`() throws {
        try check(
            """
            member charlie 100
            member echo 100
            0:00:00  => charlie+echo
            0:05:00  charlie echo down
            0:05:04  => echo
            0:05:04  => all down: echo
            0:05:04  !! all down
            0:10:00  echo leaves
            0:10:00  => all down: charlie
            0:20:00  end
            """)
    }

    @Test func `a scheme whose only member is exchanged answers the new one even before its first verdict`() throws {
        try check(
            """
            all-down=nodata
            member charlie 100
            0:00:00  => charlie
            0:10:00  echo replaces charlie 100
            0:10:00  => no verdict yet: echo
            0:10:00  => echo
            0:20:00  bravo replaces echo 100
            0:20:00  => no verdict yet: bravo
            0:20:00  bravo lost
            0:20:31  => all down: nodata       # nothing came back for an interval and three probes of 7 s
            0:20:31  !! all down
            0:30:00  end
            """)
    }

    @Test func `a disabled member never answers, not even when all are down`() throws {
        try check(
            """
            all-down=all
            member charlie 100
            member echo 0
            member bravo 90
            0:00:00  => charlie
            0:05:00  charlie down
            0:05:04  => bravo
            0:06:00  bravo down
            0:06:04  => all down: charlie+bravo
            0:06:04  !! all down
            0:20:00  end
            """)
    }
}

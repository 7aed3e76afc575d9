import Testing

/// When a better member takes the name back, told as stories (see `ScenarioTests`).
@Suite struct FailbackScenarioTests {
    @Test func `a better member waits a minute before it takes the name back`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:10:00  charlie down
                0:10:04  => echo
                0:15:00  charlie up
                0:15:08  ~~ until 0:16:08
                0:16:08  => charlie
                1:00:00  end
                """)
    }

    @Test func `the wait doubles with each failback within the hour`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until 0:07:08
                0:07:08  => charlie
                0:10:00  charlie down
                0:10:04  => echo
                0:11:00  charlie up
                0:11:08  ~~ until 0:13:08
                0:13:08  => charlie
                0:20:00  charlie down
                0:20:04  => echo
                0:21:00  charlie up
                0:21:08  ~~ until 0:25:08
                0:25:08  => charlie
                2:00:00  charlie down       # the hour is over: one minute again
                2:00:04  => echo
                2:01:00  charlie up
                2:01:08  ~~ until 2:02:08
                2:02:08  => charlie
                3:00:00  end
                """)
    }

    @Test func `no wait is doubled beyond an hour`() throws {
        try check(
            "failback=40m\n" + threeCats + """
                0:00:00  => charlie
                0:00:30  charlie down
                0:00:34  => echo
                0:01:00  charlie up
                0:01:08  ~~ until 0:41:08
                0:41:08  => charlie
                0:45:00  charlie down
                0:45:04  => echo
                0:46:00  charlie up
                0:46:08  ~~ until 1:46:08
                1:46:08  => charlie
                2:00:00  end
                """)
    }

    @Test func `a member that fails again while it waits starts its wait anew`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until 0:07:08
                0:06:30  charlie down
                0:07:00  charlie up
                0:07:08  ~~ until 0:08:08
                0:08:08  => charlie
                1:00:00  end
                """)
    }

    @Test func `what waits to come back is taken at once when what answers fails`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until 0:07:08
                0:06:20  echo down
                0:06:24  => charlie
                1:00:00  end
                """)
    }

    @Test func `a middle tier does not wait for the highest one`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  echo down
                0:06:04  => bravo
                0:07:00  echo up
                0:07:08  ~~ until 0:08:08
                0:07:30  charlie up
                0:07:38  ~~ until 0:08:38
                0:08:08  => echo
                0:08:38  => charlie
                1:00:00  end
                """)
    }

    @Test func `manual failback waits for an operator`() throws {
        try check(
            "failback=manual\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until told
                0:40:00  failback
                0:40:00  => charlie
                1:00:00  end
                """)
    }

    @Test func `manual failback still leaves what has failed`() throws {
        try check(
            "failback=manual\n" + threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until told
                0:40:00  echo down
                0:40:04  => charlie
                1:00:00  end
                """)
    }

    @Test func `an operator may cut the wait short`() throws {
        try check(
            threeCats + """
                0:00:00  => charlie
                0:05:00  charlie down
                0:05:04  => echo
                0:06:00  charlie up
                0:06:08  ~~ until 0:07:08
                0:06:20  failback
                0:06:20  => charlie
                1:00:00  end
                """)
    }
}

import Testing

/// Three members of falling priority.
let threeCats = """
    member charlie 100
    member echo 95
    member bravo 85

    """

/// Plays a story and holds what comes of it against what it says.
func check(_ story: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (expected, actual) = try ScenarioWorld.transcript(of: story)
    #expect(actual == expected, sourceLocation: sourceLocation)
}

import Foundation
import Testing

/// The same zones, the same questions: what we answer, and what Knot and NSD do.
///
/// `make differential SEED=1 COUNT=5000` asks more; what they ask is made from the seed alone.
@Suite struct DifferentialTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let firstSeed = environment["NINELIVES_SEED"].flatMap { UInt64($0) } ?? 1
    private static let count = environment["NINELIVES_COUNT"].flatMap { Int($0) } ?? 800
    private static let queriesPerWorld = 100
    private static let maximumReports = 20

    @Test func `we answer like Knot and NSD, or it is explained why not`() async throws {
        var explained: [Explanation: Int] = [:]
        var unexplained = 0
        var asked = 0
        var refused: UInt64 = 0
        var seed = Self.firstSeed
        while asked < Self.count {
            let world = try World(seed: seed, queries: min(Self.queriesPerWorld, Self.count - asked))
            guard let stage = try await makeStage(world) else {
                refused += 1
                seed += 1
                continue
            }
            for query in stage.world.queries {
                var knotAgrees = false
                for (peer, comparison) in try stage.ask(query) {
                    let (fields, explanations) = comparison.judge(
                        in: stage.world, peer: peer, knotAgrees: knotAgrees)
                    if peer == .knot { knotAgrees = fields.isEmpty }
                    for explanation in explanations { explained[explanation, default: 0] += 1 }
                    if fields.isEmpty { continue }
                    unexplained += 1
                    if unexplained > Self.maximumReports { continue }
                    Issue.record(
                        """
                        NINELIVES_SEED=\(seed), \(query): \(fields.map(\.rawValue).joined(separator: ", "))
                          ours: \(comparison.ours)  \(peer): \(comparison.theirs)
                        """)
                }
            }
            await stage.stop()
            asked += stage.world.queries.count
            seed += 1
        }
        let counts = explained.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: ", ")
        print("\(asked) questions, each to two peers; unexplained \(unexplained); explained: \(counts)")
        #expect(unexplained == 0)
        #expect(refused <= 1 + (seed - Self.firstSeed) / 10, "worlds that a peer did not load")
    }

    private func makeStage(_ world: World) async throws -> Stage? {
        do {
            return try await Stage(world)
        } catch Stage.Refusal.zone {
            return nil
        }
    }

    @Test(arguments: Explanation.allCases)
    func `every class of differences has its row in the documentation`(explanation: Explanation) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/conformance.md").path
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\n| \(explanation.rawValue) |"))
    }
}

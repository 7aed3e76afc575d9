import Foundation
import Testing

/// What the compiler cannot see about the engine's module.
@Suite struct HouseTests {
    @Test func `the engine knows no clock, no randomness, no hash order and nobody else's module`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/Failover")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        #expect(files.count > 10)
        let forbidden = [
            #"\bDictionary\b"#, #"\bSet<"#, #"\bSet\("#, #"\[\w+: \w+[?]?\]"#,  // their order differs from run to run
            #"\.random\b"#, #"\bhashValue\b"#, #"\bClock\b"#, #"\.now\b(?!\))"#, #"\basync\b"#,
            #"import (?!Addresses)"#,
        ]
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                for pattern in forbidden where line.range(of: pattern, options: .regularExpression) != nil {
                    Issue.record("\(file.lastPathComponent): \(line) has \(pattern)")
                }
            }
        }
    }
}

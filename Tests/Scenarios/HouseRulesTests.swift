import Foundation
import Testing

/// The rules of the house that the compiler cannot see.
@Suite struct HouseRulesTests {
    @Test(arguments: ["DNS", "Failover", "Addresses"])
    func `a pure module imports nothing that reaches outside`(module: String) throws {
        let allowed: Set = ["Addresses", "DNS", "Failover", "Synchronization"]
        for (file, imported) in try imports(ofModule: module) {
            #expect(allowed.contains(imported), "\(file) imports \(imported)")
        }
    }

    @Test func `who is told what and when is decided without a clock, a network or a database`() throws {
        let pure = ["Dispatch", "SubscriptionTrack", "Matter", "Happening", "Letter", "LetterQueue"]
        let files = try imports(ofModule: "Notices").filter { file, _ in
            pure.contains { file.hasSuffix("/\($0).swift") }
        }
        #expect(files.count == pure.count && files.allSatisfy { $0.module == "Failover" }, "\(files)")
        for (file, imported) in try imports(ofModule: "Notices") {
            #expect(!["Storage", "Providers", "Checks", "Control"].contains(imported), "\(file) imports \(imported)")
        }
    }

    @Test func `the DNS server knows nothing of failover`() throws {
        for (file, imported) in try imports(ofModule: "DNSServer") {
            #expect(imported != "Failover", "\(file)")
            #expect(imported != "Control", "\(file)")
        }
    }

    @Test func `the engine iterates no dictionary and no set`() throws {
        for file in try swiftFiles(in: "Sources/Failover") {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(!text.contains("Dictionary<") && !text.contains("Set<"), "\(file)")
        }
    }

    @Test func `unsafe words stay in the files that have a reason`() throws {
        let words = ["try!", "@unchecked Sendable", "nonisolated(unsafe)"]
        // The UDP hot path: workers own raw buffers, and a snapshot is read without reference counting.
        let excepted = ["Sources/DNSServer/", "Sources/DNS/Answer/"]
        for file in try swiftFiles(in: "Sources") where !excepted.contains(where: file.contains) {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            for word in words { #expect(!text.contains(word), "\(file) contains \(word)") }
        }
    }

    @Test(arguments: [("Benchmarks/checks", "make bench-checks"), ("Benchmarks/pages", "make bench-pages")])
    func `whatever a benchmark measures has its place among the figures`(script: String, command: String) throws {
        let figures = try String(contentsOfFile: "\(root)/docs/performance.md", encoding: .utf8)
        let parts = try String(contentsOfFile: "\(root)/\(script)", encoding: .utf8).firstMatch(of: /parts = \{(.*)\}/)?
            .output.1
        let names = (parts ?? "").matches(of: /"(\w+)":/).map(\.output.1)
        #expect(names.count >= 2, "\(script) names its parts")
        for name in names {
            for mark in ["<!-- \(command) \(name): begin -->", "<!-- \(command) \(name): end -->"] {
                #expect(figures.split(separator: "\n").count { $0 == mark } == 1, "docs/performance.md: \(mark)")
            }
        }
    }

    private func imports(ofModule module: String) throws -> [(file: String, module: String)] {
        let files = try swiftFiles(in: "Sources/\(module)")
        #expect(!files.isEmpty)
        return try files.flatMap { file in
            try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position <= 1, words.count > position + 1 else {
                    return nil
                }
                return (file, String(words[words.count - 1]))
            }
        }
    }

    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        .standardizedFileURL.path

    private func swiftFiles(in folder: String) throws -> [String] {
        let enumerator = try #require(FileManager.default.enumerator(atPath: "\(root)/\(folder)"))
        return enumerator.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
            "\(root)/\(folder)/\($0)"
        }
    }
}

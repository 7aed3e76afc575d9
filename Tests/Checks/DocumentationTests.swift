import Checks
import Foundation
import Testing

/// docs/checks.md is the manual; what it says is held against the code.
@Suite struct DocumentationTests {
    /// The section of one method, from its heading to the next.
    private func section(_ method: String) throws -> Substring {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let file = folder.appendingPathComponent("../../docs/checks.md").standardizedFileURL
        let manual = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(manual.firstRange(of: "\n## \(method)\n"), "\(method) has no section")
        let rest = manual[start.upperBound...]
        return rest[..<(rest.firstRange(of: "\n## ")?.lowerBound ?? rest.endIndex)]
    }

    @Test func `every parameter of every method is in the manual, in the order of the code`() throws {
        for method in CheckMethod.all {
            let rows = try section(method.method).split(separator: "\n").filter { $0.hasPrefix("| `") }
            let table = rows.prefix(method.parameters.count)
            for (row, parameter) in zip(table, method.parameters) {
                #expect(row.hasPrefix("| `\(parameter.name)` |"), "\(method.method)")
                #expect(row.contains("*required*") == parameter.isRequired, "\(method.method) \(parameter.name)")
                #expect(row.contains("*Option.*") == parameter.isOption, "\(method.method) \(parameter.name)")
            }
            #expect(table.count == method.parameters.count, "\(method.method)")
        }
    }

    @Test func `the example of every method is right as it stands`() throws {
        for method in CheckMethod.all {
            let parts = try section(method.method).split(separator: "```")
            let example = try #require(parts.first { $0.hasPrefix("yaml\n") }, "\(method.method) has no example")
            var arguments: [String: String] = [:]
            for line in example.split(separator: "\n").dropFirst() {
                let pair = try #require(line.firstRange(of: ": "), "\(line)")
                let value = line[pair.upperBound...].trimmingCharacters(in: ["\""])
                arguments[String(line[..<pair.lowerBound])] = value
            }
            #expect(arguments.removeValue(forKey: "check") == method.method)
            #expect(errors(method.method, arguments) == [])
            #expect(try section(method.method).contains("\nOk is: "), "\(method.method) does not say what is ok")
        }
    }
}

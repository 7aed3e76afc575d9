import Foundation

/// What is wrong with what somebody filled in, by field: shown where it was typed.
struct Faults: Sendable {
    private var byField: [String: String] = [:]

    init(_ byField: [String: String] = [:]) { self.byField = byField }

    /// - Parameter trial: what a check says of its arguments: `port "no port" is not a number: …`.
    init(_ trial: [String], _ problem: Problem?) {
        for line in trial {
            let field = String(line.prefix { $0 != " " })
            byField[field] = byField[field] ?? String(line.dropFirst(field.count + 1))
        }
        for violation in problem?.violations ?? [] {
            let field = violation.pointer.split(separator: "/").last.map(String.init) ?? ""
            byField[field] = byField[field] ?? violation.detail
        }
    }

    subscript(_ field: String) -> String? { byField[field] }

    /// All of them, the name's first.
    var all: [(field: String, detail: String)] {
        byField.sorted { ($0.key == "name" ? "" : $0.key) < ($1.key == "name" ? "" : $1.key) }
            .map { ($0.key, $0.value) }
    }

    /// For the field's tag: that it is wrong, and where it is said why.
    func mark(_ field: String) -> HTML {
        byField[field] == nil ? .nothing : " aria-invalid=\"true\" aria-describedby=\"fault-\(field)\""
    }
}

extension Pages {
    /// What is wrong with a field, beside it.
    func fault(_ field: String, _ faults: Faults) -> HTML {
        faults[field].html { "<span class=\"fault\" id=\"fault-\(field)\">\(words.said($0))</span>" }
    }
}

extension Pages {
    /// All that is wrong, each leading to where it was typed.
    func faultList(_ faults: Faults) -> HTML {
        let lines = faults.all.map { "<li><a href=\"#fault-\($0.field)\">\(words.said($0.detail))</a></li>" as HTML }
        return lines.isEmpty ? .nothing : "<ul class=\"plain\">\(lines)</ul>"
    }
}

extension String {
    /// As it was typed, without the carriage returns that browsers put before line ends.
    var unixLines: String { replacing("\r\n", with: "\n").replacing("\r", with: "\n") }
}

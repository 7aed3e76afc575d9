import Foundation

/// What standard output can show: colours and tables are for people at a terminal only.
struct Terminal {
    let hasColours: Bool

    static var standardOutput: Terminal {
        let environment = ProcessInfo.processInfo.environment
        return Terminal(
            hasColours: isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb")
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style?) -> String {
        guard hasColours, let style else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// The style of a state's word.
    static func style(ofState state: String) -> Style? {
        switch state {
        case "ok": .green
        case "err": .red
        default: .yellow
        }
    }
}

extension Terminal {
    /// The style of how far a provider has got.
    static func style(ofSync sync: String) -> Style? {
        switch sync {
        case "verified", "synced": .green
        case "refused", "drifted": .red
        default: .yellow
        }
    }
}

/// Columns as wide as their widest cell.
struct Table {
    var header: [String]
    var rows: [[(text: String, style: Terminal.Style?)]] = []

    func text(on terminal: Terminal) -> String {
        let widths = header.indices.map { column in
            rows.map { $0[column].text.count }.reduce(header[column].count, max)
        }
        let lines = [header.map { ($0, Terminal.Style.dim as Terminal.Style?) }] + rows
        return lines.map { line in
            let cells = line.enumerated().map { index, cell in
                let padding = index == line.count - 1 ? 0 : widths[index] - cell.0.count
                return terminal.styled(cell.0, cell.1) + String(repeating: " ", count: padding)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}

/// How long, for people: `12 s`, `3 min`, `5 h`, `4 days`.
func age(_ seconds: Double) -> String {
    switch max(0, seconds) {
    case ..<120: "\(Int(max(0, seconds))) s"
    case ..<7200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(Int(seconds / 3600)) h"
    default: "\(Int(seconds / 86_400)) days"
    }
}

func printError(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

import Yams

/// The text of a configuration file on its way to nodes.
///
/// Yams stops at the first section that holds a key twice and does not say where the second one stands. So that all
/// such keys are told at once, with their places, the first one's first letter is replaced by a letter that nobody
/// writes, and the text is read again; `renamed` gives the key its name back.
struct YAMLText {
    /// Something that kept the text from becoming nodes.
    struct Failure: Error {
        var position: Position
        var problem: String
        var expected: String
    }

    /// Line and column, both from 1; columns count Unicode scalars.
    struct Position: Hashable {
        var line: Int
        var column: Int
    }

    /// So many keys that stand twice are told apart; every one costs a reading of the text.
    static let repeatLimit = 20
    /// So many nodes are walked at the most, those that aliases repeat counted each time.
    static let nodeLimit = 1_000_000
    /// Files with fewer aliases than this cannot expand far enough to matter.
    private static let harmlessAliases = 16

    private(set) var lines: [[Unicode.Scalar]]
    /// Where a key was renamed, and its name.
    private(set) var renamed: [Position: String] = [:]

    init(_ text: String) {
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    }

    /// The root node; nil if the text says nothing.
    mutating func compose() throws(Failure) -> Node? {
        if let line = lineWithAliasInKey() {
            throw Failure(
                position: Position(line: line, column: 1), problem: "uses aliases inside of a key",
                expected: "keys that are words")
        }
        while true {
            do {
                // Nobody asks what a word could mean to others: to find that out took a quarter of all the time.
                let root = try Yams.compose(yaml: text, .basic)
                if let root { try limitExpansion(of: root) }
                return root
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let position = Position(line: context.mark.line, column: context.mark.column)
                guard let key = keys.first, renamed.count < Self.repeatLimit, rename(key, at: position) else {
                    throw Failure(
                        position: position, problem: "has the key \"\(keys.first ?? "")\" twice in one section",
                        expected: "each key once")
                }
            } catch let failure as Failure {
                throw failure
            } catch {
                throw syntaxFailure(error)
            }
        }
    }

    /// How many blanks the line begins with.
    func indentation(ofLine line: Int) -> Int {
        guard lines.indices.contains(line - 1) else { return 0 }
        return lines[line - 1].prefix { $0 == " " }.count
    }

    private var text: String {
        // A view of scalars would be copied with every line that is added to it.
        var octets: [UInt8] = []
        octets.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
        for (index, line) in lines.enumerated() {
            if index > 0 { octets.append(UInt8(ascii: "\n")) }
            for scalar in line { octets.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter) }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// False if the key does not stand there as a word or in quotes.
    private mutating func rename(_ key: String, at position: Position) -> Bool {
        let row = position.line - 1
        var column = position.column - 1
        guard lines.indices.contains(row), lines[row].indices.contains(column),
            let mark = Unicode.Scalar(0xE000 + UInt32(renamed.count)), let first = key.unicodeScalars.first
        else { return false }
        if lines[row][column] == "\"" || lines[row][column] == "'" { column += 1 }
        guard lines[row].indices.contains(column), lines[row][column] == first else { return false }
        lines[row][column] = mark
        renamed[position] = key
        return true
    }

    // MARK: Bounds

    /// An alias costs a byte and may stand for a tree of aliases; whoever walks the whole tree pays for each.
    private func limitExpansion(of root: Node) throws(Failure) {
        var pending = [root]
        var count = 0
        while let node = pending.popLast() {
            count += 1
            guard count + pending.count <= Self.nodeLimit else {
                throw Failure(
                    position: Position(line: 1, column: 1),
                    problem: "grows to more than 1,000,000 values, aliases written out", expected: "fewer aliases")
            }
            switch node {
            case .mapping(let mapping): for (_, value) in mapping { pending.append(value) }
            case .sequence(let sequence): pending.append(contentsOf: sequence)
            default: break
            }
        }
    }

    /// Yams compares keys whole while it reads, before their size can be counted, so keys must not be made of
    /// aliases. Looks at letters only; a harmless file that trips over it has many aliases and a strange key.
    private func lineWithAliasInKey() -> Int? {
        var aliases = 0
        var suspicious: Int?
        for (index, line) in lines.enumerated() {
            var scan = AliasScan()
            for (column, letter) in line.enumerated() {
                scan.read(letter, next: column + 1 < line.count ? line[column + 1] : " ")
            }
            aliases += scan.aliases
            if scan.mayBeKey { suspicious = suspicious ?? index + 1 }
        }
        return aliases > Self.harmlessAliases ? suspicious : nil
    }

    // MARK: Syntax

    private func syntaxFailure(_ error: any Error) -> Failure {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            return Failure(
                position: inText(Position(line: mark.line, column: mark.column)),
                problem: "is not valid YAML: \(context.map { "\($0.text), " } ?? "")\(problem)",
                expected: advice(atLine: mark.line, problem))
        case YamlError.reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(max(0, offset ?? 0))
            let line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
            return Failure(
                position: Position(line: line, column: 1), problem: "is not valid YAML: \(problem)",
                expected: "printable characters")
        default:
            return Failure(
                position: Position(line: 1, column: 1), problem: "is not valid YAML: \(error)",
                expected: advice(atLine: 1, ""))
        }
    }

    /// Where something is missing at the end of the text, the place is its last letter's.
    private func inText(_ position: Position) -> Position {
        guard position.line > lines.count || (position.line == lines.count && lines.last?.isEmpty == true),
            let last = lines.lastIndex(where: { !$0.isEmpty })
        else { return position }
        return Position(line: last + 1, column: lines[last].count)
    }

    private func advice(atLine line: Int, _ problem: String) -> String {
        if problem.contains("alias") { return "an alias whose anchor, such as &name, stands before it" }
        if problem.contains("another document") { return "one document, without a line ---" }
        if lines.indices.contains(line - 1), lines[line - 1].prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            return "blanks to indent, not tabs"
        }
        return "lines of KEY: VALUE, indented by blanks, with every quote and bracket closed"
    }
}

/// Looks along one line for aliases, and for keys that may be made of them: `*a :`, `[*a]:`, `? …`.
private struct AliasScan {
    private(set) var aliases = 0
    private(set) var mayBeKey = false
    private var before: Unicode.Scalar = " "
    private var isInAlias = false
    private var endedCollection = false

    mutating func read(_ letter: Unicode.Scalar, next: Unicode.Scalar) {
        let startsWord = " \t[{,:-?".unicodeScalars.contains(before)
        switch letter {
        case "*" where startsWord && next != " ":
            aliases += 1
            isInAlias = true
        case "?" where startsWord && " \t\r".unicodeScalars.contains(next):
            mayBeKey = true
        case ":" where isInAlias || (endedCollection && aliases > 0):
            mayBeKey = true
        case "]", "}":
            isInAlias = false
            endedCollection = true
        case " ", "\t":
            break
        case ",":
            isInAlias = false
            endedCollection = false
        default:
            endedCollection = false
            if before == " " || before == "\t" { isInAlias = false }
        }
        before = letter
    }
}

/// What changed between two texts, line by line, in unified format with three lines around each change.
struct LineDifference {
    private enum Mark: String {
        case same = " "
        case removed = "-"
        case added = "+"
    }

    /// Beyond so many lines that may differ on each side, all of them count as changed.
    private static let limit = 4000
    private static let context = 3

    private var lines: [(mark: Mark, text: Substring)] = []

    init(from old: String, to new: String) {
        let old = Self.lines(old)
        let new = Self.lines(new)
        let start = zip(old, new).prefix { $0 == $1 }.count
        let end = zip(old.dropFirst(start).reversed(), new.dropFirst(start).reversed()).prefix { $0 == $1 }.count
        lines = old[..<start].map { (.same, $0) }
        lines += Self.middle(Array(old[start..<(old.count - end)]), Array(new[start..<(new.count - end)]))
        lines += old[(old.count - end)...].map { (.same, $0) }
    }

    private static func lines(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func middle(_ old: [Substring], _ new: [Substring]) -> [(mark: Mark, text: Substring)] {
        guard old.count <= limit, new.count <= limit else {
            return old.map { (.removed, $0) } + new.map { (.added, $0) }
        }
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var result: [(mark: Mark, text: Substring)] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                result.append((.removed, old[left]))
                left += 1
            } else if right < new.count, added.contains(right) {
                result.append((.added, new[right]))
                right += 1
            } else {
                result.append((.same, new[right]))
                (left, right) = (left + 1, right + 1)
            }
        }
        return result
    }

    /// Empty if nothing changed.
    func text(old: String, new: String) -> String {
        guard lines.contains(where: { $0.mark != .same }) else { return "" }
        var shown = Array(repeating: false, count: lines.count)
        for (index, line) in lines.enumerated() where line.mark != .same {
            for near in max(0, index - Self.context)...min(lines.count - 1, index + Self.context) { shown[near] = true }
        }
        var text = "--- \(old)\n+++ \(new)\n"
        var (left, right) = (1, 1)
        var index = 0
        while index < lines.count {
            var end = index
            while end < lines.count, shown[end] == shown[index] { end += 1 }
            let hunk = lines[index..<end]
            let lefts = hunk.count { $0.mark != .added }
            let rights = hunk.count { $0.mark != .removed }
            if shown[index] {
                // A side without lines begins, by custom, at the line before.
                text +=
                    "@@ -\(lefts == 0 ? left - 1 : left),\(lefts) +\(rights == 0 ? right - 1 : right),\(rights) @@\n"
                for line in hunk { text += line.mark.rawValue + line.text + "\n" }
            }
            (left, right, index) = (left + lefts, right + rights, end)
        }
        return text
    }
}

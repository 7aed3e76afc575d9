/// Whether a name fits a pattern: `*` stands for any text, `?` for one character.
package func fits(_ name: String, _ pattern: String) -> Bool {
    let (name, pattern) = (Array(name), Array(pattern))
    var (place, mark) = (0, 0)
    // Where the last star was, and where in the name it was tried.
    var star: (pattern: Int, name: Int)?
    while place < name.count {
        if mark < pattern.count, pattern[mark] == "*" {
            star = (mark, place)
            mark += 1
        } else if mark < pattern.count, pattern[mark] == "?" || pattern[mark] == name[place] {
            (place, mark) = (place + 1, mark + 1)
        } else if let last = star {
            star = (last.pattern, last.name + 1)
            (place, mark) = (last.name + 1, last.pattern + 1)
        } else {
            return false
        }
    }
    return pattern[mark...].allSatisfy { $0 == "*" }
}

/// Takes the text of `options:` apart, much as a shell would: words separated by blanks, each `name=value` or a
/// flag's `name` alone; single quotes, double quotes and a backslash keep blanks together.
package enum CheckOptions {
    /// The key under which the text stands in the configuration.
    package static let key = "options"

    /// `addr=127.0.0.11 insecure` gives `["addr": "127.0.0.11", "insecure": "true"]`.
    /// Throws every fault it finds: a quote that is not closed, a word without a name, a name given twice.
    package static func parse(_ text: String) throws(CheckArgumentErrors) -> [String: String] {
        let (words, faults) = split(text)
        var options: [String: String] = [:]
        var errors = faults.map {
            CheckArgumentError(
                key: key, value: text, problem: $0.problem, expected: "addr=192.0.2.1 'name=a b' insecure")
        }
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            guard !name.isEmpty else {
                errors.append(
                    CheckArgumentError(
                        key: key, value: word, problem: "has no name before its \"=\"", expected: "NAME=VALUE"))
                continue
            }
            let value = parts.count == 2 ? String(parts[1]) : "true"
            if options.updateValue(value, forKey: name) != nil {
                errors.append(
                    CheckArgumentError(key: key, value: word, problem: "is given twice", expected: "\(name) once"))
            }
        }
        guard errors.isEmpty else { throw CheckArgumentErrors(errors) }
        return options
    }

    /// What can be wrong with the text as a whole.
    enum Fault {
        case openQuote(Character)
        case trailingBackslash

        var problem: String {
            switch self {
            case .openQuote(let quote): "has a \(quote) that is never closed"
            case .trailingBackslash: "ends in a backslash"
            }
        }
    }

    /// Words as a shell would see them, and what is wrong with them.
    static func split(_ text: String) -> (words: [String], faults: [Fault]) {
        var words: [String] = []
        var word: String?  // nil between words; "" is a word that is empty, such as ''
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let complete = word { words.append(complete) }
        if let quote { return (words, [.openQuote(quote)]) }
        return (words, isEscaped ? [.trailingBackslash] : [])
    }
}

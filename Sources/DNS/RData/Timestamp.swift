/// Seconds since 1970 modulo 2^32 from `YYYYMMDDHHmmSS`, or from a number of at most ten digits (RFC 4034 §3.2).
func readTimestamp(_ text: Span<UInt8>) -> UInt32? {
    if text.count <= 10 { return decimal(text, limit: UInt64(UInt32.max)).map { UInt32($0) } }
    guard text.count == 14, let number = decimal(text, limit: 99_999_999_999_999) else { return nil }
    let (date, time) = (Int(number / 1_000_000), Int(number % 1_000_000))
    let (year, month, day) = (date / 10000, date / 100 % 100, date % 100)
    let (hour, minute, second) = (time / 10000, time / 100 % 100, time % 100)
    guard year >= 1970, (1...12).contains(month), day >= 1, day <= daysInMonth(month, of: year), hour < 24,
        minute < 60, second < 60
    else { return nil }
    let seconds = daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    return UInt32(truncatingIfNeeded: seconds)
}

/// `YYYYMMDDHHmmSS`, taken to lie between 1970 and 2106.
func timestampText(_ seconds: UInt32) -> String {
    var days = Int(seconds) / 86400
    let time = Int(seconds) % 86400
    var year = 1970
    while days >= daysInYear(year) {
        days -= daysInYear(year)
        year += 1
    }
    var month = 1
    while days >= daysInMonth(month, of: year) {
        days -= daysInMonth(month, of: year)
        month += 1
    }
    return [month, days + 1, time / 3600, time / 60 % 60, time % 60].reduce("\(year)") { text, number in
        text + (number < 10 ? "0" : "") + String(number)
    }
}

private func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let years = (1970..<max(year, 1970)).reduce(0) { $0 + daysInYear($1) }
    return (1..<month).reduce(years) { $0 + daysInMonth($1, of: year) } + day - 1
}

private func daysInYear(_ year: Int) -> Int { isLeap(year) ? 366 : 365 }

private func daysInMonth(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

private func isLeap(_ year: Int) -> Bool {
    year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
}

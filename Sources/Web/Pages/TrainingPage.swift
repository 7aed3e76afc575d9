import Control
import Synchronization

/// A course in the demo: each step is something to do, and the server sees by itself when it is done.
struct Training: Sendable {
    enum Step: String, CaseIterable, Sendable {
        case look, break_ = "break", moved, why, mend, maintenance, end, own
    }

    /// When the course began, seconds since 1970, and which name and which member it is about.
    var startedAt: Double
    var scheme: String
    var indicator: String
    var server: String
    private(set) var done: [Step: Double] = [:]

    init(startedAt: Double, scheme: String, indicator: String, server: String) {
        self.startedAt = startedAt
        self.scheme = scheme
        self.indicator = indicator
        self.server = server
    }

    /// The step that comes next; nil when all are done.
    var current: Step? { Step.allCases.first { done[$0] == nil } }

    /// Looks at how things are, and ticks off what has been done.
    mutating func check(_ model: any ReadModel, hasRead: Double?) {
        guard let scheme = model.scheme(scheme), let indicator = model.indicator(indicator) else { return }
        let isMainActive = scheme.members.first { $0.indicator == self.indicator }?.isActive == true
        while let step = current {
            let isDone =
                switch step {
                case .look: isMainActive && indicator.state == "ok" && hasRead.map { $0 >= startedAt } == true
                case .break_: indicator.state == "err"
                case .moved: !isMainActive && scheme.answer == "addresses"
                case .why: hasRead.map { $0 >= done[.moved] ?? 0 } == true
                case .mend: indicator.state == "ok" && isMainActive
                case .maintenance: indicator.override == "maintenance" && !isMainActive
                case .end: indicator.override == nil && isMainActive
                case .own: hasNameOfItsOwn(model)
                }
            guard isDone else { return }
            done[step] = model.at
        }
    }

    /// Whether there is another name, with two members at least, that is answered.
    private func hasNameOfItsOwn(_ model: any ReadModel) -> Bool {
        model.schemeGlances().contains { $0.name != scheme && $0.members.count >= 2 && !$0.addresses.isEmpty }
    }
}

/// The course that is under way; one for the whole demo.
final class TrainingRoom: Sendable {
    private struct State {
        var training: Training?
        /// When somebody last opened the page of the course's name.
        var readAt: Double?
    }

    private let state = Mutex(State())

    func begin(_ training: Training?) {
        state.withLock { $0 = State(training: training) }
    }

    func opened(scheme: String, at: Double) {
        state.withLock { if $0.training?.scheme == scheme { $0.readAt = at } }
    }

    func checked(_ model: any ReadModel) -> Training? {
        state.withLock { state in
            state.training?.check(model, hasRead: state.readAt)
            return state.training
        }
    }
}

extension Pages {
    func trainingPage() async -> PageContent? {
        guard let demo = site.demo else { return nil }
        let servers = await demo.servers()
        let training = site.training.checked(model)
        let body: HTML
        if let training {
            body = course(training, servers)
        } else {
            body = """
                <section class="card narrow"><div class="row">\(Picture.cat(.good, size: 72))<h1>\(words("training.title"))</h1></div>\
                <p>\(words("training.text"))</p>\(trainingForm("begin", "training.begin"))</section>
                """
        }
        return PageContent(
            title: "\(words("nav.training")) · Ninelives", section: .training,
            body: .keyed("training", "<div class=\"stack\">\(body)</div>"))
    }

    private func course(_ training: Training, _ servers: [DemoServerReport]) -> HTML {
        let current = training.current
        let count = Training.Step.allCases.count
        let steps = Training.Step.allCases.enumerated().map { index, step -> HTML in
            let isDone = training.done[step] != nil
            let isCurrent = step == current
            let text = words("training.\(step.rawValue).text", training.scheme, training.indicator, training.server)
            return .keyed(
                "step-\(step.rawValue)",
                """
                <li class="\(isDone ? "done" : isCurrent ? "now" : "later")"\(" aria-current=\"step\"", if: isCurrent)><span class="number" aria-hidden="true">\
                \(isDone ? "✓" : "\(index + 1)")</span><div><h2>\(words("training.\(step.rawValue)", training.server))\
                \(" <span class=\"hidden\">\(words("training.step-done"))</span>", if: isDone)</h2>\
                \("<p>\(text)</p>\(help(step, training, servers))", if: isCurrent)\
                \("<p class=\"quiet\">\(words("training.\(step.rawValue).seen", training.scheme, training.indicator, training.server))</p>", if: isDone)</div></li>
                """)
        }
        let answer = model.scheme(training.scheme).html { scheme -> HTML in
            let tone = tone(of: scheme)
            return
                "<div class=\"row\"><span>\(training.scheme)</span> \(self.answer(scheme)) \(badge(tone, word(for: scheme)))</div>"
        }
        let end: HTML =
            current == nil
            ? "<section class=\"hero good\">\(Picture.cat(.good, size: 72))<div class=\"hero-text\"><h2>\(words("training.over"))</h2><p>\(words("training.over-text"))</p></div></section>"
            : ""
        return """
            <div class="row"><h1>\(words("training.title"))</h1><span class="quiet" role="status">\(words("training.progress", "\(training.done.count)", "\(count)"))</span>\
            \(trainingForm("begin", "training.again"))\(trainingForm("end", "training.stop"))</div>
            \(end)
            <section class="card training-now" aria-label="\(words("scheme.answers-now"))">\(answer)</section>
            <ol class="course">\(steps)</ol>
            """
    }

    /// What the current step needs, within reach.
    private func help(_ step: Training.Step, _ training: Training, _ servers: [DemoServerReport]) -> HTML {
        func server(_ verb: String) -> HTML {
            """
            <form method="post" action="/demo/servers/\(training.server)/\(verb)" data-quiet><input type="hidden" name="csrf" \
            value="\(visit.csrf ?? "")"><button class="main">\(words("kitten.\(verb)")): \(training.server)</button></form>
            """
        }
        let page: HTML =
            "<p><a class=\"button main\" href=\"/schemes/\(training.scheme.urlEncoded)\" target=\"_blank\">\(training.scheme)</a></p>"
        switch step {
        case .look, .why: return page
        case .own: return "<p><a class=\"button main\" href=\"/new\">\(words("new.title"))</a></p>"
        case .break_: return server("kill")
        case .mend: return server("revive")
        case .moved: return "<p class=\"quiet\">\(words("training.wait"))</p>"
        case .maintenance:
            return form(
                "addOverride",
                """
                <input type="hidden" name="target" value="\(training.indicator)"><input type="hidden" name="reason" value="\(words("nav.training"))">\
                <button class="main" name="action" value="maintenance">\(words("action.maintenance")): \(training.indicator)</button>
                """)
        case .end: return overrides["indicator:\(training.indicator)"].html { imposition($0, mayEnd: true) }
        }
    }

    private func trainingForm(_ verb: String, _ label: String) -> HTML {
        """
        <form method="post" action="/training/\(verb)"><input type="hidden" name="csrf" value="\(visit.csrf ?? "")">\
        <button\(" class=\"main\"", if: label == "training.begin")>\(words(label))</button></form>
        """
    }
}

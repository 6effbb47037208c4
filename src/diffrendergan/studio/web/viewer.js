// A scan with its particles: tiles of all magnifications below, outlines as vectors above.
//
// What is seen is drawn into a buffer larger than the view, so that to pan is to move the buffer; it is drawn anew when
// the view leaves it, or what is shown changes. Pixels are never smoothed where they are larger than those of the screen.
const TILE = 512;
const MARGIN = 0.35; // of the view, on each side of the buffer
const MOST_TILES = 400;

export default {
  template: `<div class="viewer" style="position: relative; width: 100%; height: 100%; overflow: hidden">
      <canvas ref="canvas" tabindex="0" role="application" :aria-label="label"
        style="position: absolute; inset: 0; width: 100%; height: 100%; touch-action: none; background: #000"></canvas>
    </div>`,
  props: { base: String, width: Number, height: Number, levels: Number, outlines: String, tool: String, filters: Object,
    label: String },
  data: () => ({}),
  mounted() {
    Object.assign(this, {
      scale: 0, x: 0, y: 0, tiles: new Map(), particles: [], columns: [], chosen: new Set(), buffer: null, stroke: [],
      drag: null, fresh: false, frames: [], asked: 0, shown: true,
    });
    this.canvas = this.$refs.canvas;
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.canvas);
    const listen = (name, what) => this.canvas.addEventListener(name, what, { passive: false });
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    listen("pointerup", this.up);
    listen("pointercancel", this.up);
    listen("wheel", this.wheel);
    listen("keydown", this.key);
    listen("dblclick", () => this.fit());
    listen("contextmenu", (event) => event.preventDefault());
    window.diffrendergan_viewer = this; // for measurements
    this.load();
  },
  unmounted() {
    this.observer.disconnect();
    if (window.diffrendergan_viewer === this) delete window.diffrendergan_viewer;
  },
  watch: {
    base() { this.tiles.clear(); this.scale = 0; this.particles = []; this.chosen.clear(); this.resize(); },
    outlines() { this.load(); },
    filters: { handler() { this.redraw(); }, deep: true },
    tool() { this.stroke = []; this.canvas.style.cursor = this.tool === "look" ? "grab" : "crosshair"; },
  },
  methods: {
    async load() {
      const mine = ++this.asked;
      if (!this.outlines) { this.particles = []; this.redraw(); return; }
      const answer = await fetch(this.outlines);
      if (!answer.ok || mine !== this.asked) return;
      const told = await answer.json();
      if (mine !== this.asked) return;
      this.columns = told.columns;
      this.particles = told.particles.map(prepared);
      const known = new Set(this.particles.map((one) => one.l));
      this.chosen = new Set([...this.chosen].filter((label) => known.has(label)));
      this.tell();
      this.redraw();
    },
    resize() {
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
      if (!width || !height) return;
      this.ratio = ratio;
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      if (!this.scale) this.fit(); else this.redraw();
    },
    fit() {
      this.scale = Math.min(this.canvas.width / this.width, this.canvas.height / this.height) || 1;
      this.x = (this.canvas.width - this.width * this.scale) / 2;
      this.y = (this.canvas.height - this.height * this.scale) / 2;
      this.redraw();
    },
    redraw() { this.fresh = false; this.paint(); },
    paint() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame((now) => {
        this.waiting = 0;
        this.frames.push(now);
        if (this.frames.length > 600) this.frames.shift();
        this.draw();
      });
    },
    draw() {
      if (!this.canvas.width || !this.scale) return;
      const [width, height] = [this.canvas.width, this.canvas.height];
      const [mx, my] = [Math.round(width * MARGIN), Math.round(height * MARGIN)];
      const at = this.buffer && { x: this.x - this.buffer.x - mx, y: this.y - this.buffer.y - my };
      const inside = at && this.fresh && this.buffer.scale === this.scale
        && Math.abs(at.x + mx) <= mx && Math.abs(at.y + my) <= my;
      if (!inside) this.fill(width, height, mx, my);
      const context = this.context;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.buffer.canvas, Math.round(this.x - this.buffer.x - mx), Math.round(this.y - this.buffer.y - my));
      if (this.stroke.length > 1) {
        context.setTransform(this.scale, 0, 0, this.scale, this.x, this.y);
        context.lineWidth = 2.5 / this.scale;
        context.strokeStyle = "#f0e442";
        context.beginPath();
        this.stroke.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.stroke();
      }
    },
    fill(width, height, mx, my) {
      const [wide, high] = [width + 2 * mx, height + 2 * my];
      if (!this.buffer || this.buffer.canvas.width !== wide || this.buffer.canvas.height !== high) {
        const canvas = document.createElement("canvas");
        canvas.width = wide;
        canvas.height = high;
        this.buffer = { canvas, context: canvas.getContext("2d", { alpha: false }) };
      }
      Object.assign(this.buffer, { x: this.x, y: this.y, scale: this.scale });
      const context = this.buffer.context;
      const [x, y] = [this.x + mx, this.y + my];
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.fillStyle = "#15181c";
      context.fillRect(0, 0, wide, high);
      context.setTransform(this.scale, 0, 0, this.scale, x, y);
      const seen = [-x / this.scale, -y / this.scale, (wide - x) / this.scale, (high - y) / this.scale];
      this.drawTiles(context, seen);
      if (this.shown) this.drawOutlines(context, seen);
      this.fresh = true;
    },
    drawTiles(context, seen) {
      const wanted = Math.min(this.levels - 1, Math.max(0, Math.floor(Math.log2(1 / this.scale) + 0.01)));
      for (let level = this.levels - 1; level >= wanted; level--) {
        if (level !== wanted && level !== this.levels - 1) continue; // the coarsest is one tile, and there from the start
        const step = TILE * 2 ** level;
        const [columns, rows] = [Math.ceil(this.width / step), Math.ceil(this.height / step)];
        const from = [Math.max(0, Math.floor(seen[0] / step)), Math.max(0, Math.floor(seen[1] / step))];
        const to = [Math.min(columns - 1, Math.floor(seen[2] / step)), Math.min(rows - 1, Math.floor(seen[3] / step))];
        context.imageSmoothingEnabled = this.scale * 2 ** level < 1;
        for (let row = from[1]; row <= to[1]; row++)
          for (let column = from[0]; column <= to[0]; column++) {
            const tile = this.tile(`${level}_${column}_${row}`);
            if (tile) {
              const size = 2 ** level;
              context.drawImage(tile, column * step, row * step, tile.width * size, tile.height * size);
            }
          }
      }
    },
    tile(name) {
      const known = this.tiles.get(name);
      if (known) return known.ready ? known.image : null;
      const image = new Image();
      const entry = { image, ready: false };
      this.tiles.set(name, entry);
      if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
      const base = this.base;
      image.src = `${base}/${name}.png`;
      image.decode().then(() => {
        if (base !== this.base) return;
        entry.ready = true;
        this.redraw();
      }, () => this.tiles.delete(name));
      return null;
    },
    visible(one) {
      const filters = this.filters || {};
      if (filters.border === false && one.b) return false;
      if (one.c !== null && one.c < (filters.confidence || 0)) return false;
      if (one.d < (filters.smallest || 0)) return false;
      return filters.largest === null || filters.largest === undefined || one.d <= filters.largest;
    },
    drawOutlines(context, seen) {
      const coarse = Math.min(3, Math.max(0, Math.floor(Math.log2(1 / this.scale) + 0.5)));
      const paths = { sure: new Path2D(), border: new Path2D(), chosen: new Path2D() };
      for (const one of this.particles) {
        const box = one.box;
        if (box[2] < seen[0] || box[0] > seen[2] || box[3] < seen[1] || box[1] > seen[3]) continue;
        if (!this.visible(one)) continue;
        const kind = this.chosen.has(one.l) ? "chosen" : one.b ? "border" : "sure";
        addPath(paths[kind], one, coarse);
      }
      context.lineJoin = "round";
      context.lineWidth = 1.7 * this.ratio / this.scale;
      context.strokeStyle = "#e69f00";
      context.stroke(paths.sure);
      context.strokeStyle = "#56b4e9";
      context.setLineDash([6 / this.scale, 4 / this.scale]);
      context.stroke(paths.border);
      context.setLineDash([]);
      context.fillStyle = "rgba(240, 228, 66, .28)";
      context.fill(paths.chosen);
      context.lineWidth = 3 * this.ratio / this.scale;
      context.strokeStyle = "#f0e442";
      context.stroke(paths.chosen);
    },
    place(event) {
      const box = this.canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
      return { x, y, px: (x - this.x) / this.scale, py: (y - this.y) / this.scale };
    },
    down(event) {
      this.canvas.focus();
      this.canvas.setPointerCapture(event.pointerId);
      const place = this.place(event);
      const pans = this.tool === "look" || event.button !== 0 || this.space;
      this.drag = { ...place, fromX: this.x, fromY: this.y, moved: false, pans };
      if (!pans) this.stroke = [[place.px, place.py]];
      event.preventDefault();
    },
    move(event) {
      if (!this.drag) return;
      const place = this.place(event);
      if (Math.hypot(place.x - this.drag.x, place.y - this.drag.y) > 4) this.drag.moved = true;
      if (this.drag.pans) {
        if (!this.drag.moved) return;
        this.x = Math.round(this.drag.fromX + place.x - this.drag.x);
        this.y = Math.round(this.drag.fromY + place.y - this.drag.y);
      } else if (this.tool === "split") {
        this.stroke = [this.stroke[0], [place.px, place.py]];
      } else {
        this.stroke.push([place.px, place.py]);
      }
      this.paint();
    },
    up(event) {
      const drag = this.drag;
      this.drag = null;
      if (!drag) return;
      if (!drag.pans) {
        const points = this.stroke.map(([x, y]) => [round(x), round(y)]);
        this.stroke = [];
        this.paint();
        if (points.length > 1) this.$emit("stroke", { tool: this.tool, points });
      } else if (!drag.moved && event.type === "pointerup" && event.button === 0) {
        this.choose(drag.px, drag.py, event.shiftKey || event.ctrlKey || event.metaKey);
      }
    },
    choose(x, y, more) {
      const hits = this.particles.filter((one) => this.visible(one) && within(one, x, y));
      const hit = hits.sort((a, b) => a.d - b.d)[0];
      if (!more) this.chosen.clear();
      if (hit) this.chosen.has(hit.l) && more ? this.chosen.delete(hit.l) : this.chosen.add(hit.l);
      this.tell();
      this.redraw();
    },
    select(labels, center) {
      this.chosen = new Set(labels);
      const one = this.particles.find((each) => each.l === labels[0]);
      if (center && one) {
        this.x = Math.round(this.canvas.width / 2 - ((one.box[0] + one.box[2]) / 2) * this.scale);
        this.y = Math.round(this.canvas.height / 2 - ((one.box[1] + one.box[3]) / 2) * this.scale);
      }
      this.tell();
      this.redraw();
    },
    tell() {
      const chosen = this.particles.filter((one) => this.chosen.has(one.l));
      const rows = chosen.slice(0, 1).map((one) => one.r);
      this.$emit("chosen", { labels: chosen.map((one) => one.l), columns: this.columns, rows });
    },
    zoom(factor, x, y) {
      const scale = Math.min(64, Math.max(Math.min(this.canvas.width / this.width, this.canvas.height / this.height) / 4,
        this.scale * factor));
      this.x = x - ((x - this.x) / this.scale) * scale;
      this.y = y - ((y - this.y) / this.scale) * scale;
      this.scale = scale;
      this.redraw();
    },
    wheel(event) {
      event.preventDefault();
      const place = this.place(event);
      this.zoom(Math.exp(-event.deltaY * 0.0016), place.x, place.y);
    },
    key(event) {
      const step = 60 * this.ratio;
      const [middleX, middleY] = [this.canvas.width / 2, this.canvas.height / 2];
      const known = {
        ArrowLeft: () => (this.x += step), ArrowRight: () => (this.x -= step),
        ArrowUp: () => (this.y += step), ArrowDown: () => (this.y -= step),
        "+": () => this.zoom(1.25, middleX, middleY), "=": () => this.zoom(1.25, middleX, middleY),
        "-": () => this.zoom(0.8, middleX, middleY), 0: () => this.fit(), 1: () => this.zoom(1 / this.scale, middleX, middleY),
        o: () => { this.shown = !this.shown; this.redraw(); },
        Escape: () => { this.stroke = []; this.select([], false); },
      };
      const act = known[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      act();
      this.paint();
      event.preventDefault();
    },
  },
};

function round(value) { return Math.round(value * 100) / 100; }

function prepared(one) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let index = 0; index < one.o.length; index += 2) {
    box[0] = Math.min(box[0], one.o[index]);
    box[1] = Math.min(box[1], one.o[index + 1]);
    box[2] = Math.max(box[2], one.o[index]);
    box[3] = Math.max(box[3], one.o[index + 1]);
  }
  return { ...one, box, coarse: {} };
}

// Corners that lie nearer to each other than a pixel of the screen are left out.
function addPath(path, one, coarse) {
  if (!one.coarse[coarse]) {
    const least = coarse ? 1.4 * 2 ** coarse : 0;
    const kept = [];
    for (let index = 0; index < one.o.length; index += 2) {
      const [x, y] = [one.o[index], one.o[index + 1]];
      const last = kept.length;
      if (!last || Math.abs(x - kept[last - 2]) + Math.abs(y - kept[last - 1]) >= least) kept.push(x, y);
    }
    const drawn = new Path2D();
    for (let index = 0; index < kept.length; index += 2)
      index ? drawn.lineTo(kept[index], kept[index + 1]) : drawn.moveTo(kept[0], kept[1]);
    drawn.closePath();
    one.coarse[coarse] = drawn;
  }
  path.addPath(one.coarse[coarse]);
}

function within(one, x, y) {
  const box = one.box;
  if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) return false;
  let inside = false;
  const corners = one.o;
  for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [corners[i], corners[i + 1], corners[j], corners[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

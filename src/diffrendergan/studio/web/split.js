// Two pictures of the same size over each other, with a divider that is dragged or moved by the arrow keys.
export default {
  template: `<div ref="frame" class="split" tabindex="0" role="slider" :aria-label="label" aria-valuemin="0" aria-valuemax="100"
      :aria-valuenow="Math.round(at * 100)" @pointerdown="down" @pointermove="move" @pointerup="held = false" @keydown="key"
      style="position: relative; width: 100%; aspect-ratio: 1; cursor: ew-resize; touch-action: none; overflow: hidden; border-radius: 8px">
      <div v-if="!left || !right" class="muted split-wait">drawing …</div>
      <img v-if="left" :src="left" draggable="false" alt="" :style="image">
      <img v-if="right" :src="right" draggable="false" alt="" data-side="right" :style="[image, { clipPath: 'inset(0 0 0 ' + at * 100 + '%)' }]">
      <div v-if="left && right" :style="{ position: 'absolute', top: 0, bottom: 0, left: 'calc(' + at * 100 + '% - 2px)', width: '4px', background: '#f0e442' }"></div>
      <div style="position: absolute; left: 8px; top: 8px" class="split-name">{{ names[0] }}</div>
      <div style="position: absolute; right: 8px; top: 8px" class="split-name">{{ names[1] }}</div>
    </div>`,
  props: { left: String, right: String, names: Array, label: String },
  data: () => ({
    at: 0.5, held: false,
    image: { position: "absolute", inset: 0, width: "100%", height: "100%", imageRendering: "pixelated" },
  }),
  methods: {
    down(event) {
      this.held = true;
      this.$refs.frame.setPointerCapture(event.pointerId);
      this.move(event);
    },
    move(event) {
      if (!this.held) return;
      const box = this.$refs.frame.getBoundingClientRect();
      this.at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    },
    key(event) {
      const step = { ArrowLeft: -0.05, ArrowRight: 0.05 }[event.key];
      if (step) this.at = Math.min(1, Math.max(0, this.at + step));
    },
  },
};

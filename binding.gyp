{
  "target_defaults": {
    "include_dirs": ["cpp"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": [
      "-std=c++20", "-O3", "-Wall", "-Wextra", "-fexceptions", "-fvisibility=hidden",
      "-ffp-contract=off"
    ],
    "conditions": [["target_arch=='x64' and OS!='win'", { "cflags_cc": ["-mpopcnt"] }]],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "OTHER_CPLUSPLUSFLAGS": ["-O3", "-ffp-contract=off"]
    }
  },
  "targets": [
    {
      "target_name": "missile_dnn",
      "type": "static_library",
      "sources": [
        "cpp/dnn/attention_reference.cc",
        "cpp/dnn/conv_reference.cc",
        "cpp/dnn/dense.cc",
        "cpp/dnn/kernel_table.cc",
        "cpp/dnn/lay_out.cc",
        "cpp/dnn/map_reference.cc",
        "cpp/dnn/matmul_reference.cc",
        "cpp/dnn/pool_reference.cc",
        "cpp/dnn/program.cc",
        "cpp/dnn/rows_reference.cc",
        "cpp/dnn/run_program.cc",
        "cpp/dnn/select_reference.cc"
      ]
    },
    {
      "target_name": "missile_cuda",
      "type": "static_library",
      "dependencies": ["missile_dnn"],
      "sources": [
        "cpp/cuda/block_map.cc",
        "cpp/cuda/channel_ledger.cc",
        "cpp/cuda/colour_ledger.cc",
        "cpp/cuda/colour_pool.cc",
        "cpp/cuda/contention_probe.cc",
        "cpp/cuda/context.cc",
        "cpp/cuda/control_stream.cc",
        "cpp/cuda/copy_lane.cc",
        "cpp/cuda/copy_target.cc",
        "cpp/cuda/copy_thread.cc",
        "cpp/cuda/demand.cc",
        "cpp/cuda/doorbell.cc",
        "cpp/cuda/driver.cc",
        "cpp/cuda/executor.cc",
        "cpp/cuda/executor_thread.cc",
        "cpp/cuda/flight.cc",
        "cpp/cuda/flight_feed.cc",
        "cpp/cuda/flight_reports.cc",
        "cpp/cuda/gpu_host.cc",
        "cpp/cuda/host_protocol.cc",
        "cpp/cuda/host_service.cc",
        "cpp/cuda/kernel_graph.cc",
        "cpp/cuda/kernel_profile.cc",
        "cpp/cuda/launcher.cc",
        "cpp/cuda/library.cc",
        "cpp/cuda/network.cc",
        "cpp/cuda/nvml.cc",
        "cpp/cuda/open_gpu.cc",
        "cpp/cuda/parameter_file.cc",
        "cpp/cuda/partition.cc",
        "cpp/cuda/partition_maker.cc",
        "cpp/cuda/partition_pool.cc",
        "cpp/cuda/planned.cc",
        "cpp/cuda/profiler.cc",
        "cpp/cuda/remote_probe.cc",
        "cpp/cuda/report_slots.cc",
        "cpp/cuda/request_contents.cc",
        "cpp/cuda/shared_memory.cc",
        "cpp/cuda/sm_meter.cc",
        "cpp/cuda/state_arena.cc",
        "cpp/cuda/survey.cc",
        "cpp/cuda/telemetry.cc",
        "cpp/cuda/tenant_copies.cc",
        "cpp/cuda/tenant_memory.cc",
        "cpp/cuda/tpc_map.cc"
      ],
      "actions": [
        {
          "action_name": "kernels",
          "inputs": ["<!@(node scripts/build-kernels.mjs --inputs)"],
          "outputs": ["<(INTERMEDIATE_DIR)/kernels.cc"],
          "process_outputs_as_sources": 1,
          "action": ["node", "scripts/build-kernels.mjs", "<(INTERMEDIATE_DIR)/kernels.cc"]
        }
      ]
    },
    {
      "target_name": "missile",
      "dependencies": ["missile_cuda", "missile_dnn"],
      "sources": [
        "cpp/addon.cc",
        "cpp/colour_binding.cc",
        "cpp/cuda_binding.cc",
        "cpp/cuda_gpu_binding.cc",
        "cpp/device_binding.cc",
        "cpp/program_binding.cc",
        "cpp/protocol.cc",
        "cpp/sim/copy_engine.cc",
        "cpp/sim/execution.cc",
        "cpp/sim/kernel_cost.cc",
        "cpp/sim/memory_model.cc",
        "cpp/sim/occupancy.cc",
        "cpp/sim/profile.cc",
        "cpp/sim/simulated_gpu.cc",
        "cpp/sim/sm_placement.cc",
        "cpp/sim/speed.cc",
        "cpp/sim/traffic.cc"
      ],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include_dir\")"],
      # The last: a thread that is ended while native code calls into it has nobody to throw to, which would end the process.
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"]
    },
    {
      "target_name": "missile-gpu-host",
      "type": "executable",
      "dependencies": ["missile_cuda", "missile_dnn"],
      "sources": ["cpp/cuda/host_main.cc"],
      "libraries": ["-ldl"]
    }
  ]
}
